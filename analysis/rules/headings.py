"""The header's values: invoice number, dates, currency, IBAN and tax numbers."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from stdnum import iban as iban_numbers
from stdnum.eu import vat as vat_numbers
from stdnum.exceptions import ValidationError

from analysis.findings import Found
from analysis.rules.currencies import find_currency
from analysis.rules.dates import is_date
from analysis.rules.labels import Label
from analysis.rules.sheet import Sheet, Spot, found

_PREFIX = re.compile(
    r"[\s:.#\-–(]*(?:(?:nr|no|num|number|nummer|numero|n°|nº|id)(?![^\W\d]))?[\s:.#\-–)]*", re.IGNORECASE
)
_BARE = re.compile(r"(?:n[°ºo]\.?|nr\.?|n\.)\s*(?::|(?=\s*$))", re.IGNORECASE)  # "N°:", "No." above its number
_NUMBER = re.compile(r"(?=[\w/\-.#]*\d)[\w][\w/\-.#]*[\w]|\d")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\s?\d{2}(?:[ \t]?[A-Z0-9]){11,30}")
_TAX_ID = re.compile(
    r"(?<![A-Z0-9])(?:[A-Z]{2,3}[ ]?)?(?=[A-Z0-9.\-/ ]*\d)[A-Z0-9](?:[ .\-/]?[A-Z0-9]){6,14}(?![A-Z0-9])"
)
_FEWEST_DIGITS = 5  # of a tax number; "GST: 1" is a rate's name, and what follows anything
_EU_ID = re.compile(
    r"(?<![A-Z0-9])(?:AT ?U|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)"
    r"[ ]?[A-Z0-9](?:[ .]?[A-Z0-9]){6,12}(?![A-Z0-9])"
)


def find_headings(sheet: Sheet) -> dict[str, Found]:
    """invoice_number, date, due_date, currency, iban, vendor_tax_id, as far as they are there."""
    finders = {
        "invoice_number": find_number, "date": find_date, "due_date": find_due_date, "currency": find_currency,
        "iban": find_iban, "vendor_tax_id": find_tax_id,
    }  # fmt: skip
    results = {name: finder(sheet) for name, finder in finders.items()}
    return {name: result for name, result in results.items() if result}


def find_number(sheet: Sheet) -> Found | None:
    """The invoice's own number; without a label that says so, what "No." alone stands before or above."""
    labelled = max(_numbers(sheet), key=lambda f: f.confidence, default=None)
    return labelled or next(_barely_numbered(sheet), None)


def _numbers(sheet: Sheet) -> Iterator[Found]:
    for label in sheet.labelled("invoice_number"):
        beside = sheet.right_of(label)
        spots = [beside] if re.search(r"\d", beside.text) else [beside, *sheet.below(label)]
        for spot in spots:
            match = _number_in(spot)
            if match:
                early = 0.08 * (1 - sheet.index(label.row) / len(sheet.rows))
                score = (0.95 / (1 + 0.02 * label.rank)) * (0.7 + 0.3 * spot.score) - (0 if _begins(label) else 0.4)
                yield found(match.group(), spot.row, match.start(), match.end(), score - 0.08 + early)
                break


def _barely_numbered(sheet: Sheet) -> Iterator[Found]:
    for number, row in enumerate(sheet.rows):
        for segment in row.segments() if number not in sheet.table_rows else ():
            mark = _BARE.match(segment.text)
            if mark is None:
                continue
            label = Label("invoice_number", 0, row, segment.start, segment.start + mark.end())
            for spot in [replace(sheet.right_of(label), score=1.0), *sheet.below(label)]:
                match = _number_in(spot)
                if match:
                    yield found(match.group(), spot.row, match.start(), match.end(), 0.6 * spot.score)
                    break


def _number_in(spot: Spot) -> re.Match[str] | None:
    prefix = _PREFIX.match(spot.row.text, spot.start, spot.end)
    match = _NUMBER.match(spot.row.text, prefix.end() if prefix else spot.start, spot.end)
    if match is None or re.fullmatch(r"\d+[.,]\d\d", match.group()):
        return None
    return match if match.group().isdigit() or not is_date(match.group()) else None  # 20240508 may be a number, too


def _begins(label: Label) -> bool:
    segment = label.row.segment_at(label.start)
    return len(label.row.text[segment.start : label.start].strip()) <= 3


def find_date(sheet: Sheet) -> Found | None:
    """The invoice's date; without a label the first date that belongs to nothing else."""
    labelled = max(_labelled_dates(sheet, "date"), key=lambda f: f.confidence, default=None)
    return labelled or _first_free_date(sheet)


def find_due_date(sheet: Sheet) -> Found | None:
    """Until when to pay."""
    return max(_labelled_dates(sheet, "due_date"), key=lambda f: f.confidence, default=None)


def _labelled_dates(sheet: Sheet, name: str) -> Iterator[Found]:
    for label in sheet.labelled(name):
        beside = sheet.right_of(label)
        for spot in [beside] if re.search(r"\d", beside.text) else [beside, *sheet.below(label)]:
            date = next(iter(sheet.dates(spot)), None)
            if date:
                row_labels = {other.name for other in sheet.labels[sheet.index(label.row)]}
                early = 0.1 * (1 - sheet.index(label.row) / len(sheet.rows))
                score = 0.85 / (1 + 0.02 * label.rank) * (0.75 + 0.25 * spot.score) + early
                score += 0.1 * (name == "date" and "invoice_number" in row_labels) - 0.3 * (
                    name == "date" and bool(row_labels & {"other_date", "other_number"})
                )
                yield found(date.iso, spot.row, date.start, date.end, score)
                break


def _first_free_date(sheet: Sheet) -> Found | None:
    for number, row in enumerate(sheet.rows):
        names = {label.name for label in sheet.labels[number]}
        if number in sheet.table_rows or names & {"due_date", "other_date"}:
            continue
        date = next(iter(sheet.dates(Spot(row, 0, len(row.text), 1.0))), None)
        if date:
            return found(date.iso, row, date.start, date.end, 0.55)
    return None


def find_iban(sheet: Sheet) -> Found | None:
    """The first IBAN with right check digits, else what is labelled as one."""
    unsure: Found | None = None
    for number, row in enumerate(sheet.rows):
        for match in _IBAN.finditer(row.text):
            start = match.start()
            length = _iban_length(match.group())
            if length:
                return found(re.sub(r"\s", "", row.text[start : start + length]), row, start, start + length, 0.95)
            if any(label.name == "iban" for label in sheet.labels[number]) and unsure is None:
                printed = re.split(r"\s(?=[A-Z]{3})", match.group())[0]  # what follows is a word, such as BIC
                unsure = found(re.sub(r"\s", "", printed), row, start, start + len(printed), 0.4)
    return unsure


def _iban_length(text: str) -> int | None:
    """How many characters of the text make a valid IBAN."""
    for length in range(len(text), 14, -1):
        if not text[length - 1].isspace() and iban_numbers.is_valid(text[:length]):
            return length
    return None


def find_tax_id(sheet: Sheet) -> Found | None:
    """The seller's VAT or other tax number: labelled, and not as the customer's."""
    candidates = [*_labelled_ids(sheet), *_bare_ids(sheet)]
    return max(candidates, key=lambda f: f.confidence, default=None)


def _labelled_ids(sheet: Sheet) -> Iterator[Found]:
    for label in sheet.labelled("vendor_tax_id", "tax_number"):
        for spot in sheet.spots(label):
            match = _TAX_ID.search(spot.row.text, spot.start, spot.end)
            value = re.sub(r"[ .\t]", "", match.group()) if match and match.start() - spot.start <= 12 else ""
            if match and sum(map(str.isdigit, value)) >= _FEWEST_DIGITS:
                base = 0.8 if label.name == "vendor_tax_id" else 0.6
                yield found(value, spot.row, match.start(), match.end(), base * spot.score + 0.12 * _is_valid(value))
                break


def _bare_ids(sheet: Sheet) -> Iterator[Found]:
    """Unlabelled numbers with the prefix of a European country and right check digits."""
    for number, row in enumerate(sheet.rows):
        if any(label.name == "buyer_tax_id" for label in sheet.labels[number]):
            continue
        for match in _EU_ID.finditer(row.text):
            value = re.sub(r"[ .]", "", match.group())
            if _is_valid(value):
                yield found(value, row, match.start(), match.end(), 0.6)


def _is_valid(value: str) -> bool:
    with suppress(ValidationError, ValueError):
        return bool(vat_numbers.validate(value))
    return False
