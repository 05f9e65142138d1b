"""Evaluates layout: the Markdown of documents against tables, headings and texts that are known."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.evaluation.markup import (
    Overlap,
    compare_alike,
    compare_headings,
    compare_tables,
    headings_of,
    order_similarity,
    tables_of,
    words_of,
)
from analysis.evaluation.truth import Case, cases
from analysis.evaluation.volume import Volume, read_through, table_of
from documents.errors import DomainError


@dataclass(slots=True)
class Measures:
    """Of one document, or summed over some: `orders` and `shares` have one entry per document with a whole text."""

    documents: int = 0
    cells: Overlap = field(default_factory=Overlap)
    headings: Overlap = field(default_factory=Overlap)
    orders: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def add(self, other: "Measures") -> None:
        self.documents += other.documents
        self.cells.add(other.cells)
        self.headings.add(other.headings)
        self.orders += other.orders
        self.shares += other.shares

    def as_dict(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "cells": self.cells.as_dict(),
            "headings": self.headings.as_dict(),
            "order": round(_mean(self.orders), 4),
            "words_found": round(_mean(self.shares), 4),
        }


@dataclass(slots=True)
class LayoutReport:
    """By format and half; single documents are shown of the development half alone."""

    parts: dict[str, Measures] = field(default_factory=dict)
    documents: dict[str, Measures] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def add(self, case: Case, found: Measures) -> None:
        suffix = case.path.suffix.lstrip(".").lower()
        for name in (suffix, f"{suffix}, {case.half}", "all", f"all, {case.half}"):
            self.parts.setdefault(name, Measures()).add(found)
        if case.half == "development":
            self.documents[case.id] = found

    def as_dict(self) -> dict[str, Any]:
        return {
            "formats": {name: found.as_dict() for name, found in sorted(self.parts.items())},
            "documents_of_development_half": {id: found.as_dict() for id, found in self.documents.items()},
            "pages": {id: volume.as_dict() for id, volume in self.volumes.items()},
            "errors": self.errors,
        }

    def show(self, console: Console) -> None:
        console.print(_table("Layout", dict(sorted(self.parts.items()))))
        console.print(_table("Documents of the development half", self.documents))
        console.print(table_of(self.volumes))
        for id, error in self.errors.items():
            console.print(f"[bold]{id}[/bold] could not be read: {error}")


class _LayoutEvaluation:
    name = "layout"
    help = "Tables, headings and reading order of documents against their truth: <id>.pdf or .docx with <id>.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N documents")

    def run(self, options: Namespace, console: Console) -> LayoutReport:
        report = LayoutReport()
        chosen = cases(options.folder, asked="id", only=options.only, limit=options.limit)
        for case in track(chosen, "Evaluating", console=console, transient=True):
            try:
                markdown, report.volumes[case.id] = read_through(case.path)
            except DomainError as problem:
                report.errors[case.id], markdown = str(problem), ""
            report.add(case, measure(case.truth, markdown))
        return report


EVALUATION = _LayoutEvaluation()


def measure(truth: dict[str, Any], markdown: str) -> Measures:
    """What the Markdown has of the truth's `tables`, `headings` and `markdown`, each only if it is given.

    Headings taken from bookmarks and the like (`headings_from` says so) need only be alike: authors paraphrase.
    """
    found = Measures(1)
    given = truth.get("tables")
    tables = [table["cells"] for table in given] if isinstance(given, list) else []  # some truths only count them
    found.cells = compare_tables(tables, tables_of(markdown), all_given=bool(truth.get("all_tables_given")))
    if "headings" in truth:
        compare = compare_alike if truth.get("headings_from") else compare_headings
        found.headings = compare([heading["text"] for heading in truth["headings"]], headings_of(markdown))
    if truth.get("markdown"):
        order, share = order_similarity(words_of(truth["markdown"]), words_of(markdown))
        found.orders, found.shares = [order], [share]
    return found


def _table(title: str, measures: dict[str, Measures]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for column in ("documents", "cells asked", "cells F1", "headings asked", "headings F1", "order", "words found"):
        table.add_column(column, justify="right")
    for name, found in measures.items():
        table.add_row(name, str(found.documents), *_overlap(found.cells), *_overlap(found.headings), *_means(found))
    return table


def _overlap(found: Overlap) -> tuple[str, str]:
    return (str(found.asked), f"{100 * found.f1:.1f}" if found.found + found.asked else "")


def _means(found: Measures) -> tuple[str, ...]:
    return tuple(f"{100 * _mean(values):.1f}" if values else "" for values in (found.orders, found.shares))


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
