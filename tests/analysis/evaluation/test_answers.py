"""Questions whose passages and answering sentences are known, on the test's own database, by words alone."""

import json
from argparse import ArgumentParser
from contextlib import nullcontext
from io import StringIO

import pytest
from rich.console import Console

from analysis.engines import embedding
from analysis.evaluation import answers, retrieval
from documents.errors import InvalidInput
from tests.analysis.answers.conftest import TokenBag

TEXTS = {
    "pump": "The hose is red. The pump of the machine in the hall weighs forty kilograms.",
    "till": "The till of the shop in the market opens at nine. Be careful.",
}
QUESTIONS = {
    "en-1": "What the pump of the machine weighs: forty kilograms",
    "en-2": "The till of the shop opens at nine",
    "en-3": "Quarks in lattices",
}
ANSWERED_BY = {"en-1": "pump", "en-2": "till", "en-3": "till"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    corpus = [{"id": id, "title": "Shop", "text": text} for id, text in TEXTS.items()]
    queries = [{"id": id, "text": text, "lang": id[:2]} for id, text in QUESTIONS.items()]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    grades = [f"{question}\t{text}\t1" for question, text in ANSWERED_BY.items()]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]), "utf-8")
    (tmp_path / "places.tsv").write_text("question\tplace\n1\t17\n2\t0\n3\t0\n", "utf-8")
    return folder


@pytest.fixture
def run(monkeypatch, tmp_path, db):
    monkeypatch.setattr(retrieval, "scratch_database", nullcontext)
    monkeypatch.setattr(embedding, "current", TokenBag)
    written = StringIO()

    def run(evaluation, *arguments):
        parser = ArgumentParser()
        evaluation.add_arguments(parser)
        console = Console(file=written, width=200)
        report = evaluation.run(parser.parse_args(list(map(str, arguments))), console)
        report.show(console)
        return report.as_dict(), written.getvalue()

    return run


def test_answers_are_right_wrong_or_refused(run, folder, tmp_path):
    told, shown = run(answers.EVALUATION, folder, "--places", tmp_path / "places.tsv", "--vectors", tmp_path / "kept")
    each = [row for row in told["answers"] if row["language"] == "all"]
    assert sum(row["questions"] for row in each) == 3
    assert sum(row["questions"] * row["right"] for row in each) == pytest.approx(2)
    assert sum(row["questions"] * row["refused"] for row in each) == pytest.approx(1)
    assert sum(row["questions"] * row["refused_without"] for row in each) == pytest.approx(3)
    assert all(row["longer"] == 0 for row in each)
    assert "right first" in shown
    assert (tmp_path / "kept" / "bag-1" / "passages.npz").exists()


def test_only_questions_in_these_languages_are_asked(run, folder, tmp_path):
    told, _ = run(answers.EVALUATION, folder, "--places", tmp_path / "places.tsv", "--languages", "de")
    assert told["answers"] == []


def test_places_that_are_none_are_refused(run, folder, tmp_path):
    (tmp_path / "places.tsv").write_text("question\tplace\n1 17\n", "utf-8")
    with pytest.raises(InvalidInput, match="tab"):
        run(answers.EVALUATION, folder, "--places", tmp_path / "places.tsv")


def test_passages_are_found(run, folder):
    told, shown = run(retrieval.EVALUATION, folder)
    [row] = told["sets"]
    assert (row["set"], row["language"], row["questions"]) == ("own", "en", 3)
    assert 0.6 < row["ndcg"] <= 1
    assert row["recall"] == 1
    assert "nDCG@10" in shown


def test_a_folder_without_sets_is_refused(run, tmp_path):
    with pytest.raises(InvalidInput, match="corpus"):
        run(retrieval.EVALUATION, tmp_path / "nowhere")


def test_halves_are_of_paragraphs():
    assert {answers.half_of(str(number)) for number in range(20)} == {"dev", "held out"}
