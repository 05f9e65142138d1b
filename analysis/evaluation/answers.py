"""Asks questions whose answering sentence, or page, is known, through the product's own search and answers.

A question counts as answered if the first citation holds the known sentence's middle, or is of the known page.
"""

from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.answers import extractive, sentences
from analysis.engines import embedding
from analysis.engines.embedding import Embedder
from analysis.evaluation import Report, retrieval
from analysis.evaluation.answer_pages import asked_pages
from analysis.evaluation.retrieval import RetrievalSet
from analysis.search.retrieval import retrieve
from documents import tenancy
from documents.errors import InvalidInput

_KNOWN = 40  # characters of the sentence that must be in the quote
_HITS = 20


@dataclass(frozen=True, slots=True)
class _Asked:
    language: str
    half: str  # dev or held-out, by the paragraph
    right: bool
    refused: bool
    refused_without: bool  # with the paragraph taken away
    longer: bool  # the first quote is of several sentences


@dataclass(slots=True)
class AnswersReport:
    """Shares by language and half."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"answers": self.rows}

    def show(self, console: Console) -> None:
        table = Table(title="Answers", title_justify="left", title_style="bold")
        for name in ("half", "language", "questions", "right first", "longer", "refused", "refused without"):
            table.add_column(name, justify="left" if name in ("half", "language") else "right")
        for row in self.rows:
            shares = (f"{row[name]:.3f}" for name in ("right", "longer", "refused", "refused_without"))
            table.add_row(row["half"], row["language"], str(row["questions"]), *shares)
        console.print(table)


class Answers:
    name = "answers"
    help = "Asks questions whose answering sentence is known (FOLDER as for retrieval, and --places)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, metavar="FOLDER", help="corpus.jsonl, queries.jsonl, qrels.tsv, or documents"
        )
        parser.add_argument(
            "--places",
            type=Path,
            metavar="FILE",
            help="question (its id without the language) and the place in its text that a right quote holds; without"
            " it FOLDER holds documents, and `<id>.json` beside them with questions under `qa`",
        )
        parser.add_argument("--languages", default="", metavar="LIST", help="only questions in these: en,de")
        parser.add_argument(
            "--vectors", type=Path, metavar="FOLDER", help="keep vectors here, so that they are made once"
        )

    def run(self, options: Namespace, console: Console) -> Report:
        kept = _Remembered(embedding.current(), options.vectors)
        with (
            retrieval.scratch_database(),
            patch.object(embedding, "named", lambda name: kept if name == kept.name else None),
            patch.object(embedding, "current", lambda: kept),
        ):
            return (
                self._sentences(options, kept, console)
                if options.places
                else asked_pages(options.folder, kept, console)
            )

    def _sentences(self, options: Namespace, kept: "_Remembered", console: Console) -> AnswersReport:
        [folder] = retrieval.folders(options.folder, "")
        one, places = retrieval.load(folder), _places(options.places)
        wanted = set(options.languages.split(",")) - {""} or set(one.languages.values())
        chosen = [id for id in one.questions if id.partition("-")[2] in places and one.languages[id] in wanted]
        workspace_id = retrieval.fill(one, kept, console)
        with tenancy.as_workspace(workspace_id):
            asked = [
                _ask(one, id, places[id.partition("-")[2]])
                for id in track(chosen, "Asking", console=console, transient=True)
            ]
        return AnswersReport(_rows(asked))


class _Remembered(retrieval.Kept):
    """With the states of a question that is asked twice in a row, with the paragraph and without it."""

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        super().__init__(embedder, folder)
        self._last: tuple[list[str], list[NDArray[np.float32]]] = [], []

    def query_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        if self._last[0] != list(texts):
            self._last = list(texts), super().query_states(texts)
        return self._last[1]


def _places(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        return {question: int(place) for question, place in (line.split("\t") for line in lines)}
    except (OSError, ValueError) as error:
        detail = f"{path} must have lines of a question's id, a tab and a place, under a line of headings."
        raise InvalidInput("nothing_to_evaluate", detail) from error


def _ask(one: RetrievalSet, id: str, place: int) -> _Asked:
    [paragraph] = one.grades[id]
    text = one.texts[paragraph].partition("\n\n")[2] or one.texts[paragraph]
    hits = retrieve(one.questions[id], limit=_HITS)
    answer = extractive.answer(one.questions[id], hits)
    without = extractive.answer(one.questions[id], [hit for hit in hits if hit.filename != paragraph])
    quote = answer.citations[0].quote if answer.citations else ""
    known = text[place : place + _KNOWN]
    return _Asked(
        one.languages[id],
        half_of(paragraph),
        _squeezed(known) in _squeezed(quote),
        not answer.citations,
        not without.citations,
        len(sentences.split(quote)) > 1,
    )


def half_of(paragraph: str) -> str:
    return "dev" if sha256(paragraph.encode()).digest()[0] < 128 else "held out"


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _rows(asked: Sequence[_Asked]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[_Asked]] = defaultdict(list)
    for one in asked:
        for language in (one.language, "all"):
            groups[one.half, language].append(one)
    return [
        {
            "half": half,
            "language": language,
            "questions": len(found),
            **{
                name: float(np.mean([getattr(one, name) for one in found]))
                for name in ("right", "longer", "refused", "refused_without")
            },
        }
        for (half, language), found in sorted(groups.items())
    ]


EVALUATION = Answers()
