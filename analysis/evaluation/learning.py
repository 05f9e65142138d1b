"""Evaluates what is learned: cross-validation that keeps issuers apart, and the curve over the number of examples."""

import hashlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.evaluation.comparing import is_exact, is_right
from analysis.evaluation.readings import read
from analysis.evaluation.scores import Scores, Tally
from analysis.evaluation.truth import Case, cases
from analysis.findings import Extraction
from analysis.fusion import fuse
from analysis.learned import Example, Model
from analysis.learned.training import Prepared, fit, fold_of
from documents.pages import PageReading

FOLDS = 5
SIZES = (0, 10, 50, 100, 200)


@dataclass(slots=True)
class LearningReport:
    """By family of documents: each way of reading over all folds, and the fused one by number of examples."""

    ways: dict[str, dict[str, Scores]] = field(default_factory=dict)
    curve: dict[str, dict[int, Scores]] = field(default_factory=dict)
    mistakes: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "cross_validation": {f: {w: s.as_dict() for w, s in ways.items()} for f, ways in self.ways.items()},
            "learning_curve": {
                f: {str(size): s.as_dict() for size, s in by_size.items()} for f, by_size in self.curve.items()
            },
            "mistakes_in_development_half": self.mistakes,
        }

    def show(self, console: Console) -> None:
        for family, ways in self.ways.items():
            documents = next(iter(ways.values())).documents
            console.print(_table(f"{family}: {documents} documents, cross-validated with issuers apart", ways))
        for family, by_size in self.curve.items():
            rows = {f"{size} examples": scores for size, scores in by_size.items()}
            console.print(_table(f"{family}: learning curve", rows))


class _LearningEvaluation:
    name = "learning"
    help = "Cross-validates learned extraction with issuers kept apart, against rules alone, and draws its curve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--no-curve", action="store_true", help="cross-validate only")
        parser.add_argument("--readings", type=Path, metavar="FOLDER", help="where readings are kept, for another run")

    def run(self, options: Namespace, console: Console) -> LearningReport:
        chosen = cases(options.folder, only=options.only)
        prepared = [
            (case, Prepared.of(example_of(case, read(case, options.readings))))
            for case in track(chosen, "Reading", console=console, transient=True)
        ]
        return evaluate(prepared, curve=not options.no_curve)


EVALUATION = _LearningEvaluation()


def example_of(case: Case, pages: list[PageReading]) -> Example:
    """The case as an example: what is asked for and stands on the page."""
    truth = case.truth
    hidden = {"line_items", *truth.get("not_visible_on_page", [])}
    names = [name for name in truth["fields_given"] if name not in hidden and truth.get(name) is not None]
    also = {name: truth.get(f"{name}_alternatives", []) for name in names}
    fields = {name: str(truth[name]) for name in names}
    return Example(pages, truth["doc_type"], fields, case.issuer_group, case.id, also)


def evaluate(prepared: Sequence[tuple[Case, Prepared]], *, curve: bool = True) -> LearningReport:
    """Each family of documents by itself, trained on the other folds of all families."""
    report = LearningReport()
    for case, one, train_on in _folds(prepared):
        model = train_on(None)
        for way, found in _ways(one, model).items():
            tallies = {name: _tally(case, name, found) for name in one.example.fields}
            report.ways.setdefault(case.family, {}).setdefault(way, Scores()).add(tallies)
            if way == "fused" and case.half == "development":
                wrong = {n: (str(case.truth[n]), _value(found, n)) for n, t in tallies.items() if not t.right}
                report.mistakes |= {case.id: wrong} if wrong else {}
        for size in SIZES if curve else ():
            found = _ways(one, train_on(size))["fused"]
            tallies = {name: _tally(case, name, found) for name in one.example.fields}
            report.curve.setdefault(case.family, {}).setdefault(size, Scores()).add(tallies)
    return report


def _folds(
    prepared: Sequence[tuple[Case, Prepared]],
) -> Iterator[tuple[Case, Prepared, Callable[[int | None], Model]]]:
    """Each document with what trains a model on the other folds, or on so many documents of them; trained once."""
    for fold in range(FOLDS):
        others = [one for _, one in prepared if fold_of(one.example.issuer, FOLDS) != fold]
        train_on = _Trainer(others)
        for case, one in prepared:
            if fold_of(one.example.issuer, FOLDS) == fold:
                yield case, one, train_on


class _Trainer:
    def __init__(self, others: Sequence[Prepared]) -> None:
        self.others = sorted(others, key=lambda one: hashlib.sha256(one.example.id.encode()).digest())
        self.models: dict[int, Model] = {}

    def __call__(self, size: int | None) -> Model:
        count = min(len(self.others) if size is None else size, len(self.others))
        if count not in self.models:
            self.models[count] = fit(self.others[:count])
        return self.models[count]


def _ways(one: Prepared, model: Model) -> dict[str, Extraction]:
    """The document by the rules alone, by the model alone, and fused as the product does."""
    rules = one.document.rules
    learned = model.read_prepared(one.document)
    return {"rules": rules, "learned": learned, "fused": fuse(model.weighed(model.spelled(one.document), learned))}


def _tally(case: Case, name: str, found: Extraction) -> Tally:
    value, truth = _value(found, name), case.truth[name]
    also = case.truth.get(f"{name}_alternatives", [])
    right = value is not None and is_right(name, truth, value, also)
    return Tally(
        right, value is not None and not right, value is None, value is not None and is_exact(name, truth, value)
    )


def _value(found: Extraction, name: str) -> str | None:
    value = found.fields.get(name)
    return str(value.value) if value else None


def _table(title: str, rows: dict[str, Scores]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    names = sorted({name for scores in rows.values() for name in scores.headers})
    for column in ("", *names, "mean F1"):
        table.add_column(column, justify="right" if column else "left")
    for label, scores in rows.items():
        cells = [f"{100 * scores.headers[name].f1:.1f}" if name in scores.headers else "" for name in names]
        table.add_row(label, *cells, f"{100 * scores.mean_f1:.1f}")
    return table
