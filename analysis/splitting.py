"""Several invoices in one file: where each begins, told by the numbers, dates and totals that each has of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.findings import Extraction, Issue
from analysis.rules.headings import find_date, find_iban, find_number, find_tax_id
from analysis.rules.languages import plain
from analysis.rules.sheet import Sheet
from analysis.rules.tables import table_lines
from analysis.rules.totals import find_totals
from documents.pages import PageReading

_SURE = 0.6  # of a page's invoice number, at least
_HEAD = 0.6  # of a page's height in which an invoice says its number
_TELLING = 3  # characters of a number that show which one it is a part of
_SEVERAL = "several_invoices"  # the code of the issue
_SUMS = {"subtotal", "total", "amount_due"}
_NUMBERED = re.compile(
    r"(?<!\w)(?:page|seite|blatt|p[aá]gina|pag\.?|bladzijde|s\.)\s*:?\s*(\d{1,3})\s*(?:/|of|von|de|di|van|sur)\s*\d{1,3}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a page shows of an invoice: its number, as letters and digits, and its issuer's IBAN and tax number."""

    number: str
    issuer: frozenset[tuple[str, str]]  # which of the two it is, and the value
    has_date: bool
    has_total: bool
    is_later: bool  # by its own words, such as "page 2 of 3"

    @property
    def opens(self) -> bool:
        if self.is_later:
            return False
        return bool(self.number or self.issuer) and (self.has_date or self.has_total)

    def differs(self, first: "_Signs") -> bool:
        """Whether this page is another invoice's than the one that begins with `first`."""
        if self.number and first.number:
            return not _same(self.number, first.number)
        return self.is_of_another_issuer(first)

    def is_of_another_issuer(self, first: "_Signs") -> bool:
        """An IBAN on one page and a tax number on the other say nothing."""
        both = {kind for kind, _ in self.issuer} & {kind for kind, _ in first.issuer}
        return bool(both) and not self.issuer & first.issuer


def parts(pages: Sequence[PageReading]) -> list[range]:
    """Runs of page indexes, from 0, that are a document each; mostly there is one.

    A page begins another invoice if in its head it has a number of its own beside a date or total, and is of another
    issuer, by IBAN or tax number, or both what came before and what follows have a total. Copies with the same number,
    terms and delivery notes stay where they are.
    """
    whole = [range(len(pages))]
    if len(pages) < 2 or not _signs(pages[0]).opens:
        return whole
    signs = [_signs(page) for page in pages]
    starts = [0]
    for index in range(1, len(signs)):
        before, first = signs[starts[-1] : index], signs[starts[-1]]
        if not signs[index].opens or not signs[index].differs(first):
            continue
        if signs[index].is_of_another_issuer(first) or (_has_total(before) and _has_total(signs[index:])):
            starts.append(index)
    ends = [*starts[1:], len(pages)]
    return [range(start, end) for start, end in zip(starts, ends, strict=True)]


def issue_of(found: Sequence[range]) -> Issue:
    """Tells people that the values are those of the first part alone."""
    detail = f"{_counted(found)} The values are those of the first one. Upload the others as files of their own."
    return Issue(_SEVERAL, detail)


def emptied(found: Sequence[range], model_version: str) -> Extraction:
    """What is left of a file whose parts became documents of their own: no values, or sums would count them twice."""
    issue = Issue(_SEVERAL, f"{_counted(found)} Each is a document of its own now.", severity="warning")
    return Extraction("other", issues=[issue], model_version=model_version)


def _counted(found: Sequence[range]) -> str:
    runs = [str(run.start + 1) if len(run) == 1 else f"{run.start + 1}-{run.stop}" for run in found]
    return f"The file holds {len(found)} invoices (pages {', '.join(runs[:-1])} and {runs[-1]})."


def _same(one: str, other: str) -> bool:
    """Also where one was read in part."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= _TELLING and shorter in longer)


def _has_total(signs: Sequence[_Signs]) -> bool:
    return any(one.has_total for one in signs)


def _signs(page: PageReading) -> _Signs:
    if page.error or not page.words:
        return _Signs("", frozenset(), has_date=False, has_total=False, is_later=False)
    sheet = Sheet.of([page])
    table_lines(sheet)  # so that no line's amount is taken for a total
    number = find_number(sheet)
    in_head = number is not None and (number.box is None or number.box.y0 < _HEAD * page.height)
    sure = number is not None and in_head and number.confidence >= _SURE
    issuer = (("iban", find_iban(sheet)), ("tax_id", find_tax_id(sheet)))
    said = _NUMBERED.search(sheet.text)
    return _Signs(
        plain(str(number.value)) if number and sure else "",
        frozenset((kind, str(one.value)) for kind, one in issuer if one),
        find_date(sheet) is not None,
        not _SUMS.isdisjoint(find_totals(sheet, sums={})),
        said is not None and int(said[1]) > 1,
    )
