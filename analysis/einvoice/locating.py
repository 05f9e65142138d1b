"""Finds where the values of an e-invoice are printed."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from analysis.einvoice.labels import owner
from analysis.einvoice.pagetext import PageText, Place, find_all, is_tight
from analysis.einvoice.printed import Tiers, amount_forms, date_forms, text_forms
from analysis.einvoice.rows import located_items, located_taxes
from analysis.findings import Extraction, Found
from documents.pages import Box, PageReading

AMOUNTS = ("subtotal", "tax", "total", "prepaid", "amount_due")
DATES = ("date", "due_date")
ADDRESSES = ("address", "buyer_address")

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "PLN": "zł", "JPY": "¥", "INR": "₹", "CHF": "Fr."}


def locate(extraction: Extraction, pages: Sequence[PageReading]) -> Extraction:
    """`extraction` with raw text, page and box of every value and line item that is printed on `pages`."""
    texts = [PageText(page) for page in pages if page.words]
    if not texts:
        return extraction
    fields = {name: _located(name, found, extraction, texts) for name, found in extraction.fields.items()}
    return replace(extraction, fields=fields, line_items=located_items(extraction.line_items, texts))


def is_printed(name: str, extraction: Extraction, texts: Sequence[PageText]) -> bool:
    """Whether some page shows the field's value, in whatever form."""
    return bool(_places(name, extraction, texts))


def _located(name: str, found: Found, extraction: Extraction, texts: Sequence[PageText]) -> Found:
    if name == "taxes":
        return located_taxes(found, texts)
    if name in ADDRESSES:
        return _located_address(found, texts)
    places = _places(name, extraction, texts)
    if not places:
        return found
    by_number = {text.number: text for text in texts}
    best = min(places, key=lambda place: (-_label_score(name, place, by_number[place.page]), *_position(name, place)))
    return replace(found, raw=best.raw, page=best.page, box=best.box)


def _places(name: str, extraction: Extraction, texts: Sequence[PageText]) -> list[Place]:
    places = find_all(texts, _forms(name, extraction))
    if name in AMOUNTS:
        by_number = {text.number: text for text in texts}
        # A round amount without decimals ("573") may be anything, unless its label says that it is this field.
        places = [p for p in places if is_tight(p) and (p.tier == 0 or _label_score(name, p, by_number[p.page]) > 0)]
    return places


def _forms(name: str, extraction: Extraction) -> Tiers:
    value = str(extraction.fields[name].value)
    if name in AMOUNTS:
        return amount_forms(value)
    if name in DATES:
        return date_forms(value)
    if name == "iban":
        return text_forms(value, value[:12])  # three groups, of an IBAN that goes on in the next row
    if name == "currency":
        return text_forms(value, _SYMBOLS.get(value))
    return text_forms(value, extraction.extra.get("vendor_trading_name") if name == "vendor" else None)


def _label_score(name: str, place: Place, text: PageText) -> int:
    """2 with the field's own label at its left, 1 with it above; less than 0 with another field's label there."""
    for score, context in ((2, text.left_of(place)), (1, text.above(place))):
        labelled = owner(context)
        if labelled:
            return score if labelled == name else -score
    return 0


def _position(name: str, place: Place) -> tuple[float, ...]:
    """Sums and their currency are sought from the end, at the right; all else from the beginning."""
    order = (place.page, round(place.middle), place.box.x0)
    return tuple(-part for part in order) if name in (*AMOUNTS, "currency") else order


def _located_address(found: Found, texts: Sequence[PageText]) -> Found:
    """The closest group of the address's parts; the country, a code in the XML, is seldom printed."""
    parts = [part for part in str(found.value).split(", ") if len(part) > 2]
    places = [places for part in parts if (places := find_all(texts, [[part]]))]
    groups = [_group(anchor, places[1:]) for anchor in places[0]] if places else []
    if not groups or len(places) < min(2, len(parts)):
        return found
    best = min(groups, key=_spread)
    raw = ", ".join(place.raw for place, _ in groupby(best))
    return replace(found, raw=raw, page=best[0].page, box=Box.around([place.box for place in best]))


def _group(anchor: Place, others: Sequence[list[Place]]) -> list[Place]:
    """`anchor` and of each of the other parts the place nearest to it."""
    same_page = ([place for place in places if place.page == anchor.page] for places in others)
    return [anchor, *(min(places, key=lambda place: _distance(anchor, place)) for places in same_page if places)]


def _distance(one: Place, other: Place) -> float:
    return abs(one.middle - other.middle) + abs(one.box.x0 - other.box.x0) / 4


def _spread(group: list[Place]) -> tuple[int, float]:
    """More parts are better, then closer ones (in tens of units, so that of equal groups the first wins)."""
    return -len(group), round(sum(_distance(group[0], place) for place in group) / 10)
