"""Receipts: who sold, from the first lines."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from analysis.findings import Found
from analysis.rules import addresses
from analysis.rules.languages import WORDS, pattern_of, plain
from analysis.rules.layout import Row, Segment
from analysis.rules.names import tidy_name
from analysis.rules.sheet import Sheet, found
from documents.pages import Box

_HEADER_ROWS = 14
_NOISE = pattern_of(WORDS["noise"])
_REGISTRATION = re.compile(
    r"(?<!\w)(?:reg|roc|brn?|company|gst|sst|tax|vat|licen[cs]e)\W*(?:id|no|reg|num)|^\W*(?!no)[A-Z]{0,2}[\d\s-]{5,}-?\s?[A-Z]?\W*$",
    re.IGNORECASE,
)


_NUMBER_ALONE = re.compile(r"\(?\d{5,}\s?-\s?[A-Z]\)?")  # a company's in its register, with the letter that checks it


def find_seller(sheet: Sheet) -> dict[str, Found]:
    """vendor and address, from the lines above the first that is about something else."""
    header = header_rows(sheet)
    names = _name_rows(header)
    if not names:
        return {}
    fields = {"vendor": _vendor(names)}
    lines = _address_rows(header[header.index(names[-1]) + 1 :])
    if lines:
        fields["address"] = _joined(lines, 0.75 if any(addresses.has_postcode(r.text) for r in lines) else 0.5)
    return fields


def header_rows(sheet: Sheet) -> list[Row]:
    """The first rows that hold letters, up to the first amount."""
    header: list[Row] = []
    for row in sheet.rows:
        if len(header) == _HEADER_ROWS or _endsheader_rows(sheet, row):
            break
        if re.search(r"[^\W\d]{2}", row.text) or header:
            header.append(row)
    return header


def _endsheader_rows(sheet: Sheet, row: Row) -> bool:
    whole = Segment(row, 0, len(row.text))
    return bool(sheet.dates(whole)) or any(a.is_money for a in sheet.amounts(whole))


def _name_rows(header: Sequence[Row]) -> list[Row]:
    """The rows of the name: the first with a legal form, else the first that can be a name at all."""
    first_address = next((i for i, row in enumerate(header) if i and _is_address(row)), len(header))
    above = [row for row in header[: max(first_address, 1)] if _is_name(row)]
    if not above:
        return []
    formal = next((i for i, row in enumerate(above[:4]) if addresses.has_company_form(row.text)), None)
    if formal is None and (registered := _registered(above[:4], header)):
        return [registered]
    if formal is None:
        proper = [row for row in above[:2] if not row.text.islower()] or above
        return proper[:1]
    start = formal
    if formal and _is_only_form(above[formal].text) and _adjoin(above[formal - 1], above[formal]):
        start = formal - 1
    return above[start : formal + 1]


def _registered(above: Sequence[Row], header: Sequence[Row]) -> Row | None:
    """The name that has its registration number right below it."""
    below = {id(row): after.text.strip() for row, after in pairwise(header)}
    return next((row for row in above if _NUMBER_ALONE.fullmatch(below.get(id(row), ""))), None)


def _is_only_form(text: str) -> bool:
    """A row such as "(M) SDN BHD", whose name stands on the row above."""
    return len(plain(tidy_name(text))) <= 10


def _adjoin(above: Row, below: Row) -> bool:
    return below.box.y0 - above.box.y1 < 1.2 * max(above.height, below.height)


def _is_name(row: Row) -> bool:
    text = tidy_name(row.text)
    letters = sum(c.isalpha() for c in text)
    return (
        letters >= 3
        and letters > 0.5 * len(text.replace(" ", ""))
        and not _NOISE.match(text.lstrip("*-# "))
        and not addresses.has_contact(text)
        and not addresses.has_postcode(text)
    )


def _is_address(row: Row) -> bool:
    text = row.text
    if addresses.has_company_form(text) and not re.search(r"\d", text):
        return False
    return addresses.has_postcode(text) or (addresses.has_street(text) and bool(re.search(r"[\d,]", text)))


def _vendor(rows: Sequence[Row]) -> Found:
    name = tidy_name(" ".join(row.text for row in rows))
    at = found(name, rows[0], 0, len(rows[0].text), 0.8 if addresses.has_company_form(name) else 0.6)
    return replace(at, raw="\n".join(r.text for r in rows), box=_box(rows))


def _address_rows(rows: Sequence[Row]) -> list[Row]:
    """From the first row that looks like an address to the last before something else."""
    lines: list[Row] = []
    for row in rows:
        text = row.text.strip()
        if _is_other(text):
            if lines:
                break
            continue
        if not lines and not _is_address(row) and not re.match(r"\W*\d", text):
            continue
        if lines and (not _adjoin(lines[-1], row) or _is_next_name(lines[-1], row)):
            break
        lines.append(row)
    return lines


def _is_next_name(last: Row, row: Row) -> bool:
    """Whether a company's name follows an address that has its postcode."""
    named = addresses.has_company_form(row.text) and not re.search(r"\d", row.text)
    return named and addresses.has_postcode(last.text)


def _is_other(text: str) -> bool:
    """Registration, telephone and titles."""
    return bool(_NOISE.match(text.lstrip("*-#( ")) or addresses.has_contact(text) or _REGISTRATION.search(text))


def _joined(rows: Sequence[Row], score: float) -> Found:
    text = addresses.without_stray(" ".join(" ".join(row.text.split()) for row in rows)).strip(" ,")
    at = found(text, rows[0], 0, len(rows[0].text), score)
    return replace(at, raw="\n".join(r.text for r in rows), box=_box(rows))


def _box(rows: Sequence[Row]) -> Box | None:
    return Box.around([row.box for row in rows]) if rows[0].boxed else None
