"""Several invoices in one file: where each begins, told by the numbers, dates and totals that each has of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.findings import Issue
from analysis.rules.headings import find_date, find_number
from analysis.rules.languages import plain
from analysis.rules.sheet import Sheet
from analysis.rules.tables import table_lines
from analysis.rules.totals import find_totals
from documents.pages import PageReading

_SURE = 0.6  # of a page's invoice number, at least
_HEAD = 0.6  # of a page's height in which an invoice says its number
_NUMBERED = re.compile(
    r"(?<!\w)(?:page|seite|blatt|p[aá]gina|pag\.?|bladzijde|s\.)\s*:?\s*(\d{1,3})\s*(?:/|of|von|de|di|van|sur)\s*\d{1,3}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a page shows of an invoice: its number, as letters and digits, and whether it has a date and a total."""

    number: str
    has_date: bool
    has_total: bool
    is_later: bool  # by its own words, such as "page 2 of 3"

    @property
    def opens(self) -> bool:
        return bool(self.number) and (self.has_date or self.has_total) and not self.is_later


def parts(pages: Sequence[PageReading]) -> list[range]:
    """Runs of page indexes, from 0, that are a document each; mostly there is one.

    A page begins another invoice if it has a number of its own in its head, beside a date or total, and both what came
    before and what follows have a number and a total. Copies with the same number, terms and delivery notes stay where
    they are.
    """
    whole = [range(len(pages))]
    if len(pages) < 2 or not _signs(pages[0]).opens:
        return whole
    signs = [_signs(page) for page in pages]
    starts = [0]
    for index in range(1, len(signs)):
        before = signs[starts[-1] : index]
        if signs[index].opens and _complete(before) and not _same(signs[index].number, before[0].number):
            starts.append(index)
    while len(starts) > 1 and not _complete(signs[starts[-1] :]):
        starts.pop()
    ends = [*starts[1:], len(pages)]
    return [range(start, end) for start, end in zip(starts, ends, strict=True)]


def issue_of(found: Sequence[range]) -> Issue:
    """Tells people that the values are those of the first part alone."""
    runs = [str(run.start + 1) if len(run) == 1 else f"{run.start + 1}-{run.stop}" for run in found]
    return Issue(
        "several_invoices",
        f"The file holds {len(found)} invoices (pages {', '.join(runs[:-1])} and {runs[-1]}). The values are those of "
        "the first one. Upload the others as files of their own.",
    )


def _complete(signs: Sequence[_Signs]) -> bool:
    return signs[0].opens and any(one.has_total for one in signs)


def _same(one: str, other: str) -> bool:
    """Also where a part of it was not read."""
    return one in other or other in one


def _signs(page: PageReading) -> _Signs:
    if page.error or not page.words:
        return _Signs("", has_date=False, has_total=False, is_later=False)
    sheet = Sheet.of([page])
    table_lines(sheet)  # so that no line's amount is taken for a total
    number = find_number(sheet)
    in_head = number is not None and (number.box is None or number.box.y0 < _HEAD * page.height)
    sure = number is not None and in_head and number.confidence >= _SURE
    said = _NUMBERED.search(sheet.text)
    return _Signs(
        plain(str(number.value)) if number and sure else "",
        find_date(sheet) is not None,
        "total" in find_totals(sheet, sums={}),
        said is not None and int(said[1]) > 1,
    )
