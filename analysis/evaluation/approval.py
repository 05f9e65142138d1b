"""Evaluates approval without a person: thresholds chosen on some issuers' documents, tried on those of others."""

import random
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis import checks, einvoice, extraction, learned
from analysis.evaluation import planting
from analysis.evaluation.approval_trials import PROMISES, Paper, Trials, tried
from analysis.evaluation.comparing import is_right
from analysis.evaluation.learning import FOLDS, example_of
from analysis.evaluation.readings import read
from analysis.evaluation.truth import Case, cases
from analysis.findings import Extraction
from analysis.learned import Model
from analysis.learned.training import Prepared, fit, fold_of
from analysis.learning import approval, thresholds
from documents import sandbox, sniffing
from documents.pages import PageReading


@dataclass(slots=True)
class ApprovalReport:
    """By family of documents the trials of thresholds, and what became of e-invoices with their XML."""

    trials: dict[str, list[Trials]] = field(default_factory=dict)
    xml: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "trials": {family: [asdict(one) for one in found] for family, found in self.trials.items()},
            "with_xml": self.xml,
        }

    def show(self, console: Console) -> None:
        for family, found in self.trials.items():
            table = Table("promise", "of", "needed", "found", "approved", "right", title=family)
            for one in found:
                shares = (f"{100 * share:.1f} %" for share in (one.found, one.coverage))
                right = f"{100 * one.precision:.2f} %" if one.precision is not None else "–"
                table.add_row(f"{100 * one.promise:.0f} %", one.of, str(one.needed), *shares, right)
            console.print(table)
        if self.xml:
            table = Table("e-invoices with their XML", "", title="without thresholds")
            for what, count in self.xml.items():
                table.add_row(what, str(count))
            console.print(table)


class _ApprovalEvaluation:
    name = "approval"
    help = "Chooses thresholds on some issuers' documents and counts what they approve of other issuers'."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--trials", type=int, default=200, metavar="N", help="random splits of the issuers (200)")
        parser.add_argument("--readings", type=Path, metavar="FOLDER", help="where readings are kept, for another run")

    def run(self, options: Namespace, console: Console) -> ApprovalReport:
        chosen = cases(options.folder, only=options.only)
        readings = {
            case.id: read(case, options.readings) for case in track(chosen, "Reading", console=console, transient=True)
        }
        return evaluate(chosen, readings, count=options.trials)


EVALUATION = _ApprovalEvaluation()


def evaluate(chosen: Sequence[Case], readings: Mapping[str, list[PageReading]], *, count: int) -> ApprovalReport:
    """Pages are read by models that saw no document of their issuer; `count` random splits of the issuers."""
    report = ApprovalReport()
    model_of = _models([Prepared.of(example_of(case, readings[case.id])) for case in chosen])
    papers: dict[str, list[Paper]] = {}
    for case in chosen:
        found = extraction.extract(readings[case.id], model=model_of(case.issuer_group))
        papers.setdefault(case.family, []).append(_paper(case, found))
        if xml := _xml(case.path):
            _count_exact(case, readings[case.id], xml, report)
    for family, of_family in papers.items():
        report.trials[family] = [one for promise in PROMISES for one in tried(of_family, promise, count)]
    return report


def _models(prepared: Sequence[Prepared]) -> Callable[[str], Model]:
    """By issuer: a model of the types that the shipped one learned, trained on the other folds."""
    known = [one for one in prepared if one.example.document_type in learned.shipped().parts]
    folds = [fit([one for one in known if fold_of(one.example.issuer, FOLDS) != fold]) for fold in range(FOLDS)]
    return lambda issuer: folds[fold_of(issuer, FOLDS)]


def _paper(case: Case, found: Extraction) -> Paper:
    validation = checks.validate(found)
    names = approval.required(found.document_type)
    seen = {
        name: thresholds.Seen(case.id, found.document_type, name, value.confidence, _is_right(case, name, value.value))
        for name in names
        if (value := found.fields.get(name)) is not None and name in case.truth["fields_given"]
    }
    clean = validation.is_valid and not validation.issues
    return Paper(case.id, case.issuer_group, found.document_type, names, seen, clean)


def _is_right(case: Case, name: str, value: object) -> bool:
    return is_right(name, case.truth[name], str(value), case.truth.get(f"{name}_alternatives", []))


def _xml(path: Path) -> bytes | None:
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    if media_type not in (sniffing.PDF, sniffing.XML):
        return None
    return sandbox.call("parse", einvoice.find_xml, path, media_type, timeout_s=settings.SANDBOX_PAGE_SECONDS)


def _count_exact(case: Case, pages: list[PageReading], xml: bytes, report: ApprovalReport) -> None:
    """Whether the document would be approved by its XML; if so, also with another total in the XML than on the page."""
    found = extraction.extract(pages, xml=xml)
    names = [name for name in approval.required(found.document_type) if name in found.fields]
    passed = _passes(found)
    _add(report, "documents")
    _add(report, "approved", passed)
    if codes := sorted({issue.code for issue in checks.validate(found).issues}):
        _add(report, f"waits for {', '.join(codes)}")
    _add(report, "approved, a required value wrong", passed and not all(_matches(case, found, n) for n in names))
    if passed:
        changed = planting.with_other_total(xml, str(found.fields["total"].value), random.Random(case.id))  # noqa: S311
        _add(report, "another total planted in an approved one", changed != xml)
        _add(report, "and approved again", changed != xml and _passes(extraction.extract(pages, xml=changed)))


def _matches(case: Case, found: Extraction, name: str) -> bool:
    return name not in case.truth["fields_given"] or _is_right(case, name, found.fields[name].value)


def _passes(found: Extraction) -> bool:
    validation = checks.validate(found)
    names = approval.required(found.document_type)
    values = [found.fields[name] for name in names if name in found.fields]
    exact = len(values) == len(names) and approval.is_exact(values, on_pages=True)
    return exact and validation.is_valid and not validation.issues


def _add(report: ApprovalReport, what: str, holds: bool = True) -> None:
    report.xml[what] = report.xml.get(what, 0) + holds
