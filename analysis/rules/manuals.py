"""Manuals and procedures: title, version and date by what stands on the first pages, sections by headings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from analysis.findings import Extraction, Found
from analysis.rules.labelled import Wanted, candidates, form_sheet
from analysis.rules.layout import Row
from analysis.rules.sheet import Sheet, found
from documents.pages import PageReading

VERSION = "rules-1"

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$", re.MULTILINE)
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+(?P<title>[^\W\d_].{1,90})")
_VERSION = re.compile(r"\b(?:version|revision|rev\.?|v)\s?(?P<version>\d+(?:\.\d+){0,3}[a-z]?)\b", re.IGNORECASE)
_KINDS = re.compile(
    r"standard operating procedure|manual|handbook|guides?\b|instructions|anleitung|handbuch|manuel|mode d'emploi"
    r"|notice d'|instrucciones|istruzioni|guía|guida|handleiding|gebruiksaanwijzing",
    re.IGNORECASE,
)
_TALL = 1.3  # times the height of most rows, for what a document calls itself
_TITLED = 1.0  # evidence for a manual: as much as it takes
_MOST_SECTIONS = 500
_HEAD_ROWS = 12
_LONGEST_TITLE = 10  # words of a row


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: its level from 1, its text, and the page that it stands on (from 1)."""

    level: int
    title: str
    page: int


def extract_manual(pages: Sequence[PageReading], fields: Mapping[str, Wanted]) -> Extraction:
    """The fields of a manual, and in `extra["sections"]` its headings as {level, title, page}."""
    sheet = form_sheet(pages[:3], fields)
    values = {name: found[0] for name, found in candidates(sheet, fields).items()}
    if "title" not in values and (title := _title(sheet, pages)):
        values["title"] = title
    if "version" not in values and (version := _version(sheet)):
        values["version"] = version
    sections = [{"level": one.level, "title": one.title, "page": one.page} for one in sections_of(pages)]
    return Extraction("manual", values, extra={"sections": sections[:_MOST_SECTIONS]}, model_version=VERSION)


def titled_so(rows: Sequence[Row]) -> float:
    """Evidence that the document calls itself a manual, guide or instructions: in a title taller than its text."""
    if not rows:
        return 0.0
    usual = sorted(row.height for row in rows)[len(rows) // 2]
    first = [row for row in rows[:_HEAD_ROWS] if row.page == rows[0].page]
    titles = (row for row in first if row.height >= _TALL * usual and len(row.text.split()) <= _LONGEST_TITLE)
    return _TITLED if any(_KINDS.search(row.text) for row in titles) else 0.0


def sections_of(pages: Sequence[PageReading]) -> Iterator[Section]:
    """The headings of the pages' Markdown, or where that has none, lines that are numbered as headings are."""
    marked = [one for page in pages for one in _marked(page)]
    yield from marked or _numbered(pages)


def _marked(page: PageReading) -> Iterator[Section]:
    for match in _HEADING.finditer(page.markdown):
        yield Section(len(match[1]), re.sub(r"[*_`]+", "", match[2]).strip(), page.number)


def _numbered(pages: Sequence[PageReading]) -> Iterator[Section]:
    """1, 1.1, 1.2, 2 …: each may follow the one before; entries of a table of contents may not."""
    last: tuple[int, ...] = ()
    for page in pages:
        for line in page.markdown.splitlines():
            match = _NUMBERED.fullmatch(line.strip())
            if match is None or re.search(r"\.{3,}|[.;,:]$|\s\d+$", line.strip()):
                continue
            number = tuple(map(int, match["number"].split(".")))
            if _follows(number, last):
                last = number
                yield Section(len(number), match["title"].strip(), page.number)


def _follows(number: tuple[int, ...], last: tuple[int, ...]) -> bool:
    deeper = (*last, 1)
    beside = [(*last[:depth], last[depth] + 1) for depth in range(len(last))]
    return number == deeper or number in beside


def _title(sheet: Sheet, pages: Sequence[PageReading]) -> Found | None:
    """The first heading of the first level without a number, else the tallest of the first rows."""
    rows = sheet.rows[:_HEAD_ROWS]
    headings = (one for page in pages[:1] for one in _marked(page))
    first = next((one.title for one in headings if one.level == 1 and not _NUMBERED.fullmatch(one.title)), "")
    for row in rows:
        if first and row.text.replace("\t", " ").strip().casefold() in (first.casefold(), first.casefold().rstrip(".")):
            return found(first, row, 0, len(row.text), 0.7)
    if first:
        return Found(first, first, pages[0].number, None, 0.6)
    worded = [row for row in rows if sum(map(str.isalpha, row.text)) >= 4]
    return _tallest(worded) if worded else None


def _tallest(rows: Sequence[Row]) -> Found:
    """The tallest row; rows of one size are told by the words that titles have, then by their order."""
    best = max(rows, key=lambda row: (round(row.height), bool(_KINDS.search(row.text))))
    start = rows.index(best)
    run = list(takewhile(lambda row: abs(row.height - best.height) < 0.1 * best.height, rows[start : start + 3]))
    if len(run) > 1 and best.height > 1.2 * min(row.height for row in rows):
        whole = " ".join(row.text.replace("\t", " ") for row in run)
        return found(whole, best, 0, len(best.text), 0.55)
    return found(best.text.replace("\t", " "), best, 0, len(best.text), 0.5)


def _version(sheet: Sheet) -> Found | None:
    for row in sheet.rows[: 4 * _HEAD_ROWS]:
        if match := _VERSION.search(row.text):
            return found(match["version"], row, match.start("version"), match.end("version"), 0.6)
    return None
