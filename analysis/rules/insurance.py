"""Insurance documents: fields by their labels, and what stands in sentences: periods and the insurer's name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from analysis.document_types import FieldSpec
from analysis.findings import Extraction, Found
from analysis.rules.dates import PrintedDate
from analysis.rules.labelled import Wanted, candidates, form_sheet
from analysis.rules.layout import Row
from analysis.rules.sheet import Sheet, found
from documents.pages import PageReading

VERSION = "rules-1"

_BETWEEN = re.compile(
    r"[\s,]*(?:at\s+)?(?:\d\d?:\d\d)?[\s,]*(?:[ap]\.?m\.?|uhr)?[^.;:\d]{0,25}?"
    r"(?:\b(?:to|through|thru|until|till|and ending|and|bis|bis zum|au|jusqu'au|expiring)\b|[-–—/])"
    r"[^.;\d]{0,15}(?:\d\d?:\d\d\s*(?:[ap]\.?m\.?|uhr)?)?[^.;:\d]{0,15}",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"period|term|effective|valid|cover|in force|insurance|from|zeitraum|laufzeit|dauer|versichert|période|garantie",
    re.IGNORECASE,
)
_NO_PERIOD = re.compile(r"claim|service|renew|birth|rental|training|treatment", re.IGNORECASE)
_BEFORE = 70  # characters before the first date in which something says that it begins a period

_KIND = r"Insurance|Assurance|Mutual|Indemnity|Casualty|Reinsurance|Versicherungs?|Versicherungen|Assurances"
_FORM = (
    r"Company|Co\b\.?|Corporation|Corp\b\.?|Group|Inc\b\.?|Ltd\b\.?|Limited|plc|PLC|LLC|AG|SE|S\.?A\.?|"
    r"Exchange|Association"
)
_NAME = r"[A-Z][\w&.'’-]*"
_INSURER = re.compile(
    rf"(?:{_NAME}\s+){{1,5}}?(?:{_KIND})(?:(?:\s+|-)(?:and|&|of|{_KIND}|{_NAME}))*?[\s-]+(?:{_FORM})(?:\s+of\s+{_NAME})?(?!\w)"
)
_HEADED = re.compile(rf"(?:{_NAME}\s+){{1,4}}(?:{_KIND})(?:\s+(?:of\s+)?{_NAME})?")
_PRODUCT = re.compile(
    r"\b(?:polic|declaration|home|auto|motor|vehicle|health|life|claim|report|commercial|certificate|property|summary|worker|"
    r"comprehensive|travel|liability|form|guide|your|this|the|schedule|plan|services|agency|department|card|explanation)",
    re.IGNORECASE,
)
_HEAD_ROWS = 6
_NAMES = frozenset({"insurer", "insured", "claimant", "patient", "provider"})
_HONORIFIC = re.compile(r"^(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|M\.|Mme|Monsieur|Madame)\b\.?\s+(?=\S)")
_NAME_PARTS = {
    "first_name": FieldSpec("text", "First name"),
    "last_name": FieldSpec("text", "Last name"),
}


def extract_insurance(pages: Sequence[PageReading], document_type: str, fields: Mapping[str, Wanted]) -> Extraction:
    """The fields of an insurance document of the type."""
    sheet = form_sheet(pages, fields)
    values = {name: _plausible(name, found) for name, found in candidates(sheet, fields).items()}
    further = [*_periods(sheet), *_insurers(sheet), *_named_in_parts(sheet)]
    for name, value in further:
        if name in fields and all(value.value != other.value for other in values.get(name, [])):
            values.setdefault(name, []).append(value)
    ranked = {name: tuple(sorted(these, key=lambda one: -one.confidence)) for name, these in values.items() if these}
    best = {name: these[0] for name, these in ranked.items()}
    return Extraction(document_type, best, model_version=VERSION, candidates=ranked)


def _plausible(name: str, values: Sequence[Found]) -> list[Found]:
    if name not in _NAMES:
        return list(values)
    return [replace(one, value=_HONORIFIC.sub("", str(one.value))) for one in values if _is_name(str(one.value))]


def _is_name(text: str) -> bool:
    """Mostly letters, few words, no question."""
    letters = sum(map(str.isalpha, text))
    return letters >= 3 and letters > sum(map(str.isdigit, text)) and len(text.split()) <= 10 and not text.endswith("?")


def _periods(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Begin and end of periods of insurance, the surest first; a date may run over the end of its row."""
    for before, row in pairwise([None, *sheet.rows]):
        assert row is not None
        head = f"{before.text} " if before and before.page == row.page else ""
        text = head + row.text
        dates = [date for date in sheet.dates_in(text) if date.end > len(head)]
        for first, last in pairwise(sheet.dates_in(text)):
            if last in dates and first.iso < last.iso and _is_period(text, first, last):
                yield "effective_date", _placed(first, before, row, len(head))
                yield "expiry_date", _placed(last, before, row, len(head))


def _is_period(text: str, first: PrintedDate, last: PrintedDate) -> bool:
    before = text[max(0, first.start - _BEFORE) : first.start]
    return bool(
        _BETWEEN.fullmatch(text, first.end, last.start) and _PERIOD.search(before) and not _NO_PERIOD.search(before)
    )


def _placed(date: PrintedDate, before: Row | None, row: Row, head: int) -> Found:
    """The date where it stands, or where it ends if it runs over."""
    score = 0.8 - 0.02 * min(row.page - 1, 10)
    if before is not None and date.end <= head:
        return found(date.iso, before, date.start, date.end, score)
    return found(date.iso, row, max(0, date.start - head), date.end - head, score)


def _named_in_parts(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """The insured of a form that asks for first and last name apart: the first such pair."""
    parts = candidates(sheet, _NAME_PARTS)
    if len(parts) == len(_NAME_PARTS):
        first, last = parts["first_name"][0], parts["last_name"][0]
        whole = f"{first.value} {last.value}"
        yield "insured", replace(last, value=whole, raw=whole, confidence=min(first.confidence, last.confidence))


def _insurers(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Names of insurance companies: with their legal form anywhere, without it in the head of the first page."""
    for number, row in enumerate(sheet.rows):
        for match in _INSURER.finditer(row.text):
            if not _PRODUCT.match(match.group()):
                yield "insurer", found(match.group(), row, match.start(), match.end(), 0.6 - 0.02 * min(row.page, 10))
        if number < _HEAD_ROWS:
            for segment in row.segments():
                if _HEADED.fullmatch(segment.text) and not _PRODUCT.search(segment.text):
                    yield "insurer", found(segment.text, row, segment.start, segment.end, 0.5)
