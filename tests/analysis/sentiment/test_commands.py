"""The commands that train, ship and measure models of sentiment."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from analysis import sentiment
from analysis.models import ReviewCorrection, ReviewRow
from analysis.sentiment import generated, own, rated
from analysis.sentiment.model import Model
from documents import tenancy
from tests.analysis.reviews.conftest import submit

pytestmark = pytest.mark.usefixtures("letters")
WORDS = {"positive": "glorptastic", "neutral": "blimbled", "negative": "frobbulated"}


def labelled(first, last):
    """Rows whose words the shipped model doesn't know, with nothing else to tell them by."""
    return [(f"number {n} was {word}", label) for label, word in WORDS.items() for n in range(first, last)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files to train on and to measure on, and no texts beside them."""
    monkeypatch.setattr(generated, "texts", list)
    for name, rows in (("train_a", labelled(0, 60)), ("valid_a", labelled(60, 80))):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
    return tmp_path


def test_training_on_files_promotes_what_is_better(db, folder):
    output = StringIO()
    call_command("train", task="sentiment", folder=folder, stdout=output)
    assert "Macro-F1" in output.getvalue()
    assert f"{sentiment.model_version()} is active" in output.getvalue()
    assert sentiment.model_version() != own.shipped().name
    assert sentiment.classify(["number 99 was frobbulated"])[0].label == "negative"


def test_training_on_corrections_of_a_workspace_that_has_nothing_but_reviews(
    anna, transactional_db, broker, monkeypatch
):
    monkeypatch.setattr(generated, "texts", list)
    job, _ = submit(anna, b"text\nfine\n")
    with tenancy.as_user(anna.user):
        assert not ReviewRow.objects.exists()
        given = {"workspace_id": anna.workspace.id, "batch_id": job.pk, "row": 1, "user": anna.user}
        ReviewCorrection.objects.bulk_create(
            ReviewCorrection(**given, text=text, old="", new=label) for text, label in labelled(0, 80)
        )
    output = StringIO()
    call_command("train", task="sentiment", no_promote=True, stdout=output)
    assert "is candidate" in output.getvalue()
    assert sentiment.model_version() == own.shipped().name


def test_model_is_shipped_from_files_or_from_nothing_but_its_own_texts(folder, tmp_path, monkeypatch):
    output = StringIO()
    call_command("ship_model", sentiment=True, texts=folder, only=["train_"], into=tmp_path / "of", stdout=output)
    model = Model.load(tmp_path / "of")
    assert output.getvalue().startswith(f"{model.name}, ")
    assert "and 180 others" in output.getvalue()
    assert model.embedder == "letters-1"
    monkeypatch.undo()
    with pytest.raises(CommandError, match=r"no nothing\*\.csv"):
        call_command("ship_model", sentiment=True, texts=folder, only=["nothing"], into=tmp_path / "no")


def test_model_is_shipped_from_rated_posts_without_those_that_are_measured_on(folder, tmp_path, monkeypatch):
    def read(archive, known):
        assert archive.name == "posts.tar.gz"
        assert "number 70 was glorptastic" in known
        return [
            (f"post {n} is {word}", tuple(float(one == label) for one in WORDS))
            for label, word in WORDS.items()
            for n in range(20)
        ]

    monkeypatch.setattr(rated, "read", read)
    output, into = StringIO(), tmp_path / "of"
    call_command(
        "ship_model",
        sentiment=True,
        texts=folder,
        only=["train_"],
        rated=folder / "posts.tar.gz",
        into=into,
        stdout=output,
    )
    assert "and 240 others" in output.getvalue()
    assert Model.load(into).likelihoods(["post 99 is frobbulated"]).argmax() == 2


def test_archive_that_is_no_archive_is_refused(folder):
    with pytest.raises(CommandError, match="source distribution"):
        call_command("ship_model", sentiment=True, rated=folder / "train_a.csv", into=folder / "no")


def test_shipped_and_trained_model_are_measured_on_the_same_texts(folder):
    output = StringIO()
    call_command("evaluate", "sentiment", str(folder), "--json", "--vectors", str(folder / "kept"), stdout=output)
    report = json.loads(output.getvalue())
    assert set(report) == {"shipped", "trained"}
    shipped, trained = (report[name]["valid_a"] for name in ("shipped", "trained"))
    assert shipped["texts"] == trained["texts"] == 60
    assert trained["macro_f1"] > 0.9 > shipped["macro_f1"]


def test_vectors_are_kept_for_another_run(folder, monkeypatch):
    arguments = ["evaluate", "sentiment", str(folder), "--vectors", str(folder / "kept")]
    outputs = [StringIO(), StringIO()]
    call_command(*arguments, stdout=outputs[0])

    def broken(texts):
        raise AssertionError

    monkeypatch.setattr(own, "states", broken)
    call_command(*arguments, stdout=outputs[1])
    assert outputs[0].getvalue() == outputs[1].getvalue() != ""


def test_shipped_model_alone_is_measured_without_training(folder):
    (folder / "train_a.csv").unlink()
    output = StringIO()
    call_command("evaluate", "sentiment", str(folder), "--shipped", "--json", stdout=output)
    report = json.loads(output.getvalue())
    assert list(report) == ["shipped"]
    assert report["shipped"]["valid_a"]["texts"] == 60
