"""Planted faults: how many are caught, how many put right, and what is suspected of documents that are in order."""

import random
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis import checks, duplicates, einvoice, extraction, pictures
from analysis.checks.values import number, text
from analysis.evaluation import planting, readings
from analysis.evaluation.comparing import is_right
from analysis.evaluation.truth import Case, cases
from analysis.findings import Extraction
from documents import sandbox, sniffing
from documents.errors import DomainError
from documents.pages import Box, PageReading

_OTHER_IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606")
_NAMESPACE = UUID(int=0)


@dataclass(slots=True)
class FaultsReport:
    """Counts by kind of fault, half and outcome; `wrong` has the repairs of the development half that were none."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"faults": self._by_kind(), "wrong_repairs": self.wrong, "errors": self.errors}

    def show(self, console: Console) -> None:
        for kind, halves in self._by_kind().items():
            outcomes = list(dict.fromkeys(name for found in halves.values() for name in found))
            table = Table("", *outcomes)
            for half, found in halves.items():
                table.add_row(half, *(str(found.get(name, 0)) for name in outcomes))
            console.print(kind, table, sep="\n")
        for line in (*self.wrong, *(f"{id} could not be read: {error}" for id, error in self.errors.items())):
            console.print(line)

    def _by_kind(self) -> dict[str, dict[str, dict[str, int]]]:
        kinds: dict[str, dict[str, dict[str, int]]] = {}
        for (kind, half, outcome), count in sorted(self.counts.items()):
            kinds.setdefault(kind, {}).setdefault(half, {})[outcome] = count
        return kinds


@dataclass(frozen=True, slots=True)
class Read:
    """A document as it was read: its pages, what they say as if they had been scanned, and what its XML says."""

    case: Case
    media_type: str
    pages: list[PageReading]
    scanned: Extraction
    xml: bytes | None
    from_xml: Extraction | None
    picture: int | None

    @property
    def best(self) -> Extraction:
        return self.from_xml or self.scanned


class _FaultsEvaluation:
    name = "faults"
    help = "Plants faults into documents (misread digits, a changed XML, duplicates, another IBAN): which are caught?"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", default="", metavar="PREFIX", help="only documents whose id begins so")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N documents")
        parser.add_argument("--seed", type=int, default=0, help="another seed plants other faults")
        parser.add_argument(
            "--readings", type=Path, metavar="FOLDER", help="where readings are kept, so that pages are read only once"
        )

    def run(self, options: Namespace, console: Console) -> FaultsReport:
        chosen = cases(options.folder, only=options.only, limit=options.limit)
        report, found = FaultsReport(), []
        for case in track(chosen, "Planting", console=console, transient=True):
            try:
                one = _read(case, options.readings)
            except DomainError as error:
                report.errors[case.id] = str(error)
                continue
            found.append(one)
            _plant(one, report, random.Random(f"{options.seed}:{case.id}"))  # noqa: S311 - nothing secret
        _count_pairs(found, report)
        _count_accounts(found, report)
        return report


EVALUATION = _FaultsEvaluation()


def _read(case: Case, kept: Path | None) -> Read:
    with case.path.open("rb") as file:
        media_type = sniffing.sniff(file, case.path.name)
    pages = readings.read(case, kept)
    xml = _xml(case.path, media_type)
    from_xml = extraction.extract(pages, xml=xml) if xml else None
    picture = None
    if media_type in sniffing.IMAGES and pages[0].words:
        picture = pictures.hash_of(case.path, media_type, pages[0])
    return Read(case, media_type, pages, extraction.extract(planting.as_scanned(pages)), xml, from_xml, picture)


def _xml(path: Path, media_type: str) -> bytes | None:
    if media_type not in (sniffing.PDF, sniffing.XML):
        return None
    return sandbox.call("parse", einvoice.find_xml, path, media_type, timeout_s=settings.SANDBOX_PAGE_SECONDS)


def _plant(one: Read, report: FaultsReport, chance: random.Random) -> None:
    """Every fault that the document can have, each by itself; and what is said of it as it is."""
    outcomes = [_as_it_is(one), *_digits(one, report, chance), _xml_total(one, chance), _xml_iban(one)]
    outcomes += [_sent_again(one), _photographed(one, chance)]
    for kind, outcome in filter(None, outcomes):
        report.counts[kind, one.case.half, outcome] += 1


def _as_it_is(one: Read) -> tuple[str, str]:
    """Nothing was planted: what is put right or suspected is a false alarm, or a fault of the reading itself."""
    if one.scanned.extra.get("arithmetic", {}).get("repaired"):
        return "nothing, as scanned", "repaired"
    if one.from_xml and any(issue.code == "xml_not_on_page" for issue in one.from_xml.issues):
        return "nothing, as scanned", "XML suspected"
    return "nothing, as scanned", "adds up" if checks.validate(one.scanned).math_ok is not False else "does not add up"


def _digits(one: Read, report: FaultsReport, chance: random.Random) -> Iterator[tuple[str, str] | None]:
    """In each of the sums, and in one of the lines, that were read rightly: one digit is taken for another."""
    names = [name for name in planting.places(one.scanned) if _is_true(name, one)]
    lines = [name for name in names if name.startswith("line")]
    for name in [*(name for name in names if name not in lines), *chance.sample(lines, min(1, len(lines)))]:
        yield _digit(one, name, report, chance)


def _digit(one: Read, name: str, report: FaultsReport, chance: random.Random) -> tuple[str, str] | None:
    place, before = planting.places(one.scanned)[name], _amount(one.scanned, name)
    pages = planting.misread(planting.as_scanned(one.pages), place, before, chance)
    if pages is None:
        return None
    after = extraction.extract(pages, kind=one.scanned.document_type)
    kind = f"a digit of {'a line' if name.startswith('line') else 'the ' + name.replace('_', ' ')}"
    return kind, _outcome(one, name, after, report)


def _is_true(name: str, one: Read) -> bool:
    """Whether the truth says the same, as far as it says anything; lines are taken as they were read."""
    truth = one.case.truth.get(name)
    return truth is None or is_right(name, truth, _amount(one.scanned, name))


def _outcome(one: Read, name: str, after: Extraction, report: FaultsReport) -> str:
    repaired = after.extra.get("arithmetic", {}).get("repaired", {})
    wrong = [key for key, change in repaired.items() if number(_amount(one.scanned, key)) != number(change["to"])]
    if wrong:
        report.wrong += [f"{one.case.id}: {wrong}"] if one.case.half == "development" else []
        return "repaired wrongly"
    if number(_amount(after, name)) == number(_amount(one.scanned, name)):
        return "repaired" if name in repaired else "read rightly all the same"
    return "caught" if checks.validate(after).math_ok is False else "missed"


def _amount(found: Extraction, name: str) -> str:
    if not name.startswith("line_items."):
        return text(found, name)
    index, part = name.split(".")[1:]
    items = found.line_items
    return getattr(items[int(index)], part) or "" if int(index) < len(items) else ""


def _xml_total(one: Read, chance: random.Random) -> tuple[str, str] | None:
    total = text(one.from_xml, "total") if one.from_xml else ""
    if not one.xml or not total or not _prints(one):
        return None
    return _changed_xml(one, planting.with_other_total(one.xml, total, chance), "total", "another total in the XML")


def _xml_iban(one: Read) -> tuple[str, str] | None:
    iban = text(one.from_xml, "iban") if one.from_xml else ""
    if not one.xml or not iban or not _prints(one):
        return None
    return _changed_xml(one, planting.with_other_iban(one.xml, iban, _other(iban)), "iban", "another IBAN in the XML")


def _prints(one: Read) -> bool:
    return any(page.words for page in one.pages)


def _changed_xml(one: Read, xml: bytes, name: str, kind: str) -> tuple[str, str] | None:
    if xml == one.xml:
        return None
    found = extraction.extract(one.pages, xml=xml)
    against_page = any(issue.code == "xml_not_on_page" and name in issue.fields for issue in found.issues)
    if against_page:
        return kind, "caught by the page"
    return kind, "missed" if checks.validate(found).is_valid else "caught by the sums"


def _other(iban: str) -> str:
    return next(other for other in _OTHER_IBANS if other != iban)


def _sent_again(one: Read) -> tuple[str, str] | None:
    """The same once more, without its XML: as a print of it that was scanned would come."""
    if not _prints(one):
        return None
    meaning = duplicates.meaning_of(one.best)
    return "sent again", "caught" if meaning and meaning == duplicates.meaning_of(one.scanned) else "missed"


def _photographed(one: Read, chance: random.Random) -> tuple[str, str] | None:
    if one.picture is None:
        return None
    again = planting.photographed_again(one.case.path, chance)
    page = one.pages[0]
    box, margin = Box.around(page.words), chance.uniform(0, 0.02)  # another reading's words, in another frame
    part = (box.x0 / page.width - margin, box.y0 / page.height, box.x1 / page.width + margin, box.y1 / page.height)
    near = pictures.distance(one.picture, pictures.hash_of_image(again, part)) <= duplicates.NEAR
    return "photographed again", "caught" if near and duplicates.is_same_page(one.best, _told(one)) else "missed"


def _told(one: Read) -> dict[str, str]:
    return duplicates.telling(one.best)


def _count_pairs(found: Sequence[Read], report: FaultsReport) -> None:
    """Which documents are taken for another one of the folder; some are, as their truths say."""
    for index, one in enumerate(found):
        twins = [other for other in found[:index] if _are_twins(one, other)]
        outcome = "duplicate" if twins else "new"
        if twins and not any(_are_same(one.case, other.case) for other in twins):
            outcome = "wrongly a duplicate"
        report.counts["nothing, all documents in one workspace", one.case.half, outcome] += 1


def _are_same(one: Case, other: Case) -> bool:
    """Whether the truths give the same values for what tells documents apart."""
    names = [name for name in duplicates.TELLING if name in one.truth and name in other.truth]
    return len(names) > 1 and all(one.truth[name] == other.truth[name] for name in names)


def _are_twins(one: Read, other: Read) -> bool:
    meaning = duplicates.meaning_of(one.best)
    if meaning and meaning == duplicates.meaning_of(other.best):
        return True
    near = one.picture is not None and other.picture is not None
    near = near and pictures.distance(one.picture or 0, other.picture or 0) <= duplicates.NEAR
    return near and duplicates.is_same_page(one.best, _told(other))


def _count_accounts(found: Sequence[Read], report: FaultsReport) -> None:
    """Each issuer's documents in turn: is a planted IBAN warned about, and the printed one not?"""
    for index, one in enumerate(found):
        iban, earlier = text(one.best, "iban"), [*_accounts(one, found[:index])]
        if not iban or len(earlier) < 2:
            continue
        outcome = "warned" if duplicates.changed_iban(iban, earlier) else "no warning"
        report.counts["nothing, IBAN of a known vendor", one.case.half, outcome] += 1
        outcome = "caught" if duplicates.changed_iban(_other(iban), earlier) else "missed"
        report.counts["another IBAN of a known vendor", one.case.half, outcome] += 1


def _accounts(one: Read, others: Sequence[Read]) -> Iterator[duplicates.Account]:
    for other in others:
        if (iban := text(other.best, "iban")) and duplicates.issuer_of(other.best) == duplicates.issuer_of(one.best):
            yield duplicates.Account(iban, uuid5(_NAMESPACE, other.case.id), other.case.id, approved=False)
