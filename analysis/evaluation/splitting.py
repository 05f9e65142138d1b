"""Evaluates splitting: invoices of different issuers one behind the other, and documents that must stay whole."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from analysis import reading, splitting
from analysis.evaluation.truth import Case, Half, cases
from analysis.rules.languages import plain
from documents import sniffing
from documents.pages import PageReading

HALVES: tuple[Half, ...] = ("development", "held out")


@dataclass(slots=True)
class SplittingReport:
    """Per half: how many files of two invoices were split right; documents of several pages, and those torn apart."""

    joined: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HALVES, 0))
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HALVES, 0))
    whole: int = 0
    torn: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"joined": self.joined, "right": self.right, "whole": self.whole, "torn": self.torn}

    def show(self, console: Console) -> None:
        for half in HALVES:
            console.print(f"{half}: {self.right[half]} of {self.joined[half]} files of two invoices split right")
        console.print(f"{len(self.torn)} of {self.whole} documents of several pages torn apart {' '.join(self.torn)}")


class _SplittingEvaluation:
    name = "splitting"
    help = "Files of two invoices, put together of those in a folder, and documents of several pages that are one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--whole", action="store_true", help="put none together: look for false splits alone")

    def run(self, options: Namespace, console: Console) -> SplittingReport:
        report = SplittingReport()
        chosen = [case for case in cases(options.folder, only=options.only, asked="id") if _is_pdf(case.path)]
        read = {case.id: _pages(case.path) for case in track(chosen, "Reading", console=console, transient=True)}
        for id, pages in read.items():
            if len(pages) > 1:
                report.whole += 1
                report.torn += [id] if len(splitting.parts(pages)) > 1 else []
        for half in HALVES if not options.whole else ():
            for one, other in _pairs([case for case in chosen if case.half == half]):
                if _number(one) == _number(other):  # as samples have them: by all they say, copies of one
                    continue
                first, pages = len(read[one.id]), joined(read[one.id], read[other.id])
                report.joined[half] += 1
                report.right[half] += splitting.parts(pages) == [range(first), range(first, len(pages))]
        return report


EVALUATION = _SplittingEvaluation()


def joined(first: Sequence[PageReading], second: Sequence[PageReading]) -> list[PageReading]:
    """The pages of two documents as those of one file."""
    return [replace(page, number=number) for number, page in enumerate([*first, *second], start=1)]


def _pairs(chosen: Sequence[Case]) -> Iterator[tuple[Case, Case]]:
    """Each document with the next one, and with the first one of the next issuer."""
    yield from pairwise(chosen)
    issuers: dict[str, Case] = {}
    for case in chosen:
        issuers.setdefault(case.issuer_group, case)
    for case in chosen:
        others = [other for issuer, other in issuers.items() if issuer > case.issuer_group]
        yield from ((case, other) for other in others[:1])


def _number(case: Case) -> str:
    return plain(str(case.truth.get("invoice_number") or case.id))


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return sniffing.sniff(file, path.name) == sniffing.PDF


def _pages(path: Path) -> list[PageReading]:
    count = reading.inspect(path, sniffing.PDF).page_count
    return list(reading.read_pages(path, sniffing.PDF, range(1, count + 1)))
