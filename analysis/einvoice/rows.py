"""Finds line items and tax rows: values that stand side by side on a page."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from analysis.einvoice.pagetext import PageText, Place, find_all, is_tight
from analysis.einvoice.printed import Tiers, amount_forms
from analysis.findings import Found, LineItem
from documents.pages import Box

# How far apart (in heights of the amount) a description and its amount may stand: names wrap, amounts stand lower.
_MAX_OFFSET = 2.5


def located_items(items: Sequence[LineItem], pages: Sequence[PageText]) -> list[LineItem]:
    """The items with the page and box of their rows, as far as found; rows are looked for in the items' order."""
    taken: list[tuple[Place, Place]] = []
    located = []
    for item in items:
        row = _best(list(_rows(item, pages)), taken) or _only_description(item, pages)
        taken += [row] if row else []
        box = Box.around([part.box for part in row]) if row else None
        located.append(replace(item, page=row[0].page if row else None, box=box))
    return located


def _rows(item: LineItem, pages: Sequence[PageText]) -> Iterator[tuple[Place, Place]]:
    """Pairs (description, amount) that may be the item's row, of the best form of the description that gives any."""
    amounts = amounts_of(item.amount, pages)
    for forms in _descriptions(item):
        pairs = [(text, amount) for text in find_all(pages, [forms]) for amount in amounts if _is_row(text, amount)]
        if pairs:
            yield from pairs
            return


def amounts_of(amount: str | None, pages: Sequence[PageText]) -> list[Place]:
    """Every place of the amount."""
    return [place for place in find_all(pages, amount_forms(amount)) if is_tight(place)] if amount else []


def _descriptions(item: LineItem) -> Tiers:
    """The whole description, then ever shorter beginnings: names wrap, and are cut to fit their column."""
    words = (item.description or "").split()
    starts = [" ".join(words[:length]) for length in (len(words), 4, 3, 2) if length <= len(words)]
    return [[start] for start in [*dict.fromkeys(starts), *words[:1]] if len(start) > 3]


def _is_row(text: Place, amount: Place) -> bool:
    return text.page == amount.page and amount.box.x0 > text.box.x0 and _offset(text, amount) <= _MAX_OFFSET


def _offset(text: Place, amount: Place) -> float:
    """The vertical distance of the two, in heights of the amount; 0 side by side."""
    gap = max(text.box.y0 - amount.middle, amount.middle - text.box.y1, 0)
    return gap / max(amount.height, 1e-6)


def _best(rows: list[tuple[Place, Place]], taken: list[tuple[Place, Place]]) -> tuple[Place, Place] | None:
    """The row nearest below the last one, unless amounts and descriptions that stand closer together speak against."""
    used = {part.key for row in taken for part in row}
    last = (taken[-1][1].page, taken[-1][1].middle) if taken else (0, 0.0)

    def cost(row: tuple[Place, Place]) -> tuple[bool, bool, int, int, float, float]:
        text, amount = row
        is_used = text.key in used or amount.key in used
        return (is_used, (amount.page, amount.middle) < last, round(_offset(text, amount)), amount.page, amount.middle,
                -amount.box.x1)  # fmt: skip

    return min(rows, key=cost, default=None)


def _only_description(item: LineItem, pages: Sequence[PageText]) -> tuple[Place, Place] | None:
    """The whole description where it stands on the pages exactly once."""
    places = find_all(pages, _descriptions(item)[:1])
    return (places[0], places[0]) if len(places) == 1 else None


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
