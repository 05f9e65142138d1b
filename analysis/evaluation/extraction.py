"""Evaluates extraction: documents go through the product's own reading and extraction, without the database."""

import multiprocessing
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from rich.console import Console
from rich.progress import track

from analysis import einvoice, extraction, reading
from analysis.evaluation.comparing import is_exact, is_line_right, is_right, pair_lines
from analysis.evaluation.report import ExtractionReport
from analysis.evaluation.scores import LineTally, Tally
from analysis.evaluation.truth import Case, cases
from analysis.findings import Extraction, LineItem
from analysis.rules.languages import plain
from documents import sandbox, sniffing
from documents.errors import DomainError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: its tallies by field, and what was found in place of the truth."""

    case: Case
    tallies: dict[str, Tally]
    mistakes: dict[str, tuple[Any, Any]]  # field: (truth, found)
    error: str = ""


class _ExtractionEvaluation:
    name = "extraction"
    help = (
        "Fields and line items of documents against their ground truth: <id>.pdf with <id>.json or <id>.expected.json."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--no-xml", action="store_true", help="leave embedded e-invoice XML aside: read the pages")
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N documents")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that read at the same time")

    def run(self, options: Namespace, console: Console) -> ExtractionReport:
        chosen = cases(options.folder, only=options.only, limit=options.limit)
        outcomes = _outcomes(chosen, use_xml=not options.no_xml, workers=options.workers)
        report = ExtractionReport()
        for outcome in track(outcomes, "Evaluating", total=len(chosen), console=console, transient=True):
            report.add(outcome.case, outcome.tallies, outcome.mistakes, outcome.error)
        return report


EVALUATION = _ExtractionEvaluation()


def evaluate(case: Case, *, use_xml: bool) -> Outcome:
    """Reads one document and compares what was found with the truth. A document that can't be read has an `error`."""
    try:
        found, error = _extract(case.path, use_xml=use_xml), ""
    except DomainError as problem:
        found, error = Extraction("other"), str(problem)
    asked = [
        name for name in case.truth["fields_given"] if use_xml or name not in case.truth.get("not_visible_on_page", [])
    ]
    outcome = Outcome(case, {}, {}, error)
    if "doc_type" in case.truth:
        _compare(outcome, "document_type", found.document_type)
    for name in asked:
        if name == "line_items":
            _compare_lines(outcome, found.line_items)
        else:
            value = found.fields.get(name)
            _compare(outcome, name, str(value.value) if value else None)
    return outcome


def _extract(path: Path, *, use_xml: bool) -> Extraction:
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    count = reading.inspect(path, media_type).page_count
    pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
    xml = None
    if use_xml and media_type in (sniffing.PDF, sniffing.XML):
        xml = sandbox.call("parse", einvoice.find_xml, path, media_type, timeout_s=settings.SANDBOX_PAGE_SECONDS)
    return extraction.extract(pages, xml=xml)


def _compare(outcome: Outcome, name: str, value: str | None) -> None:
    truth = outcome.case.truth
    expected = truth["doc_type"] if name == "document_type" else truth[name]
    alternatives = truth.get(f"{name}_alternatives", [])
    right = value is not None and is_right(name, expected, value, alternatives)
    exact = value is not None and any(is_exact(name, text, value) for text in (expected, *alternatives))
    outcome.tallies[name] = Tally(right, value is not None and not right, value is None, exact)
    if not right:
        outcome.mistakes[name] = expected, value


def _compare_lines(outcome: Outcome, lines: Sequence[LineItem]) -> None:
    truth = outcome.case.truth["line_items"]
    pairs = pair_lines(truth, lines)
    # On receipts amounts alone pair lines too easily: many are alike, and prices slip into the next row.
    described = bool(outcome.case.truth.get("spaces_removed"))
    right = [(t, line) for t, line in pairs if is_line_right(t, line, described=described)]
    exact = [t for t, line in right if plain(t.get("description") or "") == plain(line.description or "")]
    outcome.tallies["line_items"] = LineTally(
        len(right), len(pairs) - len(right), len(truth) - len(pairs), len(exact), len(lines) - len(pairs)
    )
    if len(right) < max(len(truth), len(lines)):
        outcome.mistakes["line_items"] = [_line(**line) for line in truth], [_line(**_of(line)) for line in lines]


def _line(
    description: str | None, amount: Any, quantity: Any = None, unit_price: Any = None, **_: Any
) -> tuple[str, Any, Any, Any]:
    return description or "", quantity, unit_price, amount


def _of(line: LineItem) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("description", "quantity", "unit_price", "amount")}


def _outcomes(chosen: Sequence[Case], *, use_xml: bool, workers: int) -> Iterator[Outcome]:
    work = partial(evaluate, use_xml=use_xml)
    yield from map(work, chosen) if workers == 1 else _in_parallel(work, chosen, workers)


def _in_parallel(work: "partial[Outcome]", chosen: Iterable[Case], workers: int) -> Iterator[Outcome]:
    """Each process has parsers and OCR of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=django.setup) as pool:
        yield from pool.map(work, chosen)
