"""Finds line items and tax rows: values that stand side by side on a page."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import NamedTuple

from analysis.einvoice.pagetext import PageText, Place, find_all, is_tight
from analysis.einvoice.printed import Tiers, amount_forms
from analysis.findings import Found, LineItem
from documents.pages import Box

# How far apart (in heights of the amount) a description and its amount may stand: names wrap, amounts stand lower.
_MAX_OFFSET = 2.5
# Beyond that the search, whose time grows with the square of the number, costs more than its boxes are worth.
_MAX_ITEMS = 2000

Key = tuple[int, Box]


class Row(NamedTuple):
    """A description and an amount that may be one line, how far apart they stand, and where (page, height)."""

    text: Place
    amount: Place
    offset: float
    at: tuple[int, float]

    def is_free(self, used: set[Key]) -> bool:
        return self.amount.key not in used and self.text.key not in used


def located_items(items: Sequence[LineItem], pages: Sequence[PageText]) -> list[LineItem]:
    """The items with the page and box of their rows, as far as found; rows are looked for in the items' order."""
    rows_of = cache(lambda description, amount: _rows(description, amount, pages))  # lines repeat on long invoices
    last, used = (0, 0.0), set[Key]()
    located = []
    for item in items[:_MAX_ITEMS]:
        row = _best(rows_of(item.description, item.amount), last, used) or _only_description(item.description, pages)
        if row:
            last = row.at
            used.update((row.text.key, row.amount.key))
            item = replace(item, page=row.text.page, box=Box.around([row.text.box, row.amount.box]))
        located.append(item)
    return [*located, *items[_MAX_ITEMS:]]


def _rows(description: str | None, amount: str | None, pages: Sequence[PageText]) -> list[Row]:
    """Each place of the amount with the nearest description, of the best form that gives any, from the top."""
    by_page = {page: list(places) for page, places in groupby(amounts_of(amount, pages), lambda place: place.page)}
    for forms in _descriptions(description):
        nearest: dict[Key, Row] = {}
        for text in find_all(pages, [forms]):
            for row in (_row(text, place) for place in by_page.get(text.page, []) if _is_row(text, place)):
                rival = nearest.setdefault(row.amount.key, row)
                nearest[row.amount.key] = min(rival, row, key=lambda row: row.offset)
        if nearest:
            return sorted(nearest.values(), key=lambda row: (row.at, -row.amount.box.x1))
    return []


def _row(text: Place, amount: Place) -> Row:
    return Row(text, amount, _offset(text, amount), (amount.page, amount.middle))


def amounts_of(amount: str | None, pages: Sequence[PageText]) -> list[Place]:
    """Every place of the amount."""
    return [place for place in find_all(pages, amount_forms(amount)) if is_tight(place)] if amount else []


def _descriptions(description: str | None) -> Tiers:
    """The whole description, then ever shorter beginnings: names wrap, and are cut to fit their column."""
    words = (description or "").split()
    starts = [" ".join(words[:length]) for length in (len(words), 4, 3, 2) if length <= len(words)]
    return [[start] for start in [*dict.fromkeys(starts), *words[:1]] if len(start) > 3]


def _is_row(text: Place, amount: Place) -> bool:
    return text.page == amount.page and amount.box.x0 > text.box.x0 and _offset(text, amount) <= _MAX_OFFSET


def _offset(text: Place, amount: Place) -> float:
    """The vertical distance of the two, in heights of the amount; 0 side by side."""
    gap = max(text.box.y0 - amount.middle, amount.middle - text.box.y1, 0)
    return gap / max(amount.height, 1e-6)


def _best(rows: Sequence[Row], last: tuple[int, float], used: set[Key]) -> Row | None:
    """The first free row below the `last` one; a used one, or one further up, only where there is no other."""
    for index in range(bisect_left(rows, last, key=lambda row: row.at), len(rows)):
        if round(rows[index].offset) == 0 and rows[index].is_free(used):
            return rows[index]

    def cost(row: Row) -> tuple[bool, bool, int, tuple[int, float], float]:
        return not row.is_free(used), row.at < last, round(row.offset), row.at, -row.amount.box.x1

    return min(rows, key=cost, default=None)


def _only_description(description: str | None, pages: Sequence[PageText]) -> Row | None:
    """The whole description where it stands on the pages exactly once."""
    places = find_all(pages, _descriptions(description)[:1])
    return _row(places[0], places[0]) if len(places) == 1 else None


def located_taxes(found: Found, pages: Sequence[PageText]) -> Found:
    """The tax breakdown with the box around its rows; rows on another page than the first are left out."""
    entries = found.value if isinstance(found.value, list) else []
    rows = [place for entry in entries for place in _tax_row(entry, pages)]
    places = [place for place in rows if place.page == rows[0].page]
    if not places:
        return found
    raw = " ".join(place.raw for place in places)
    return replace(found, raw=raw, page=places[0].page, box=Box.around([place.box for place in places]))


def _tax_row(entry: dict[str, str | None], pages: Sequence[PageText]) -> list[Place]:
    """The lowest places of base and tax that share a row; else the lowest of the tax, unless it is zero."""
    bases, taxes = (amounts_of(entry[name], pages) for name in ("base", "tax"))
    pairs = [[b, t] for b in bases for t in taxes if b.page == t.page and b.key != t.key and _offset(b, t) == 0]
    alone = [[t] for t in taxes] if Decimal(entry["tax"] or 0) else []
    return max(pairs or alone, key=lambda row: (row[-1].page, row[-1].middle), default=[])
