"""Finds what a language model answered on the pages; what is printed nowhere was made up, and doesn't count."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise

from rapidfuzz import fuzz

from analysis.einvoice.labels import owner
from analysis.einvoice.pagetext import PageText, Place, find_all, folded, is_tight
from analysis.einvoice.printed import amount_forms, date_forms
from analysis.rules.amounts import SYMBOLS
from analysis.rules.layout import rows_of
from documents.pages import Box, PageReading, Word

SUMS = ("subtotal", "tax", "total", "prepaid", "amount_due")  # stand at the end, and above them their parts
_OWNERS = (*SUMS, "invoice_number", "date", "due_date", "iban", "vendor_tax_id")  # whose labels are all known
_LIKENESS, _SHORTEST = 88, 6  # of a name that OCR misread by a letter or two (0..100), and its fewest characters
_PROSE = 6  # words with letters around a value that make a sentence of it
_MOST_PLACES = 500
_FAR = 6  # heights of a line, between the parts of an address


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value is printed and how well that speaks for it (0..1). `box` is None on pages without geometry."""

    raw: str
    page: int
    box: Box | None
    confidence: float


class Print:
    """What is printed on a document's pages."""

    def __init__(self, pages: Sequence[PageReading]) -> None:
        self._sources = {page.number: page.source for page in pages}
        self.texts = [PageText(_placed(page)) for page in pages]
        self._by_number = {text.number: text for text in self.texts}

    def evidence(self, name: str, type_: str, value: str, labels: Iterable[str] = ()) -> Evidence | None:
        """For the value of a field of that name and type; `labels` are what its own kind of document calls it."""
        places = self._places(type_, value)
        if not places:
            return self._unlike(type_, value)
        called = [folded(label) for label in labels]
        score_of = partial(self._label_score, name, called, labelled=_stands_by_a_label(name, type_))
        scored = [(score_of(place), place) for place in places[:_MOST_PLACES]]
        score, best = min(scored, key=lambda one: (-one[0], *_position(name, one[1])))
        if score <= 0 and (type_ == "boolean" or (best.tier and type_ in ("amount", "number"))):
            return None  # "573" may be anything where "573.00" was answered, and so may "no"
        doubt = (0.2 if score < 0 else 0) + (0.1 if best.tier else 0) + (0.25 if self._in_prose(best) else 0)
        return self._seen(best, 0.6 + 0.06 * max(score, 0) + 0.05 * (len(places) == 1) - doubt)

    def box_of(self, page: int, box: Box | None) -> Box | None:
        """`box`, unless its page has no geometry."""
        return None if self._sources.get(page) == "markup" else box

    def spelling(self, number: str, *, money: bool) -> str | None:
        """The number with as many decimals as it is printed with, None if it is nowhere: 80.9 is often 80.90."""
        cents = f"{Decimal(number):.2f}" if _decimals(number) < 2 else number
        if money and any(place.tier == 0 for place in self._numbers(cents)):
            return cents
        return next((one for one in (number, cents) if self._numbers(one)), None)

    def _places(self, type_: str, value: str) -> list[Place]:
        if type_ in ("amount", "number"):
            return self._numbers(value)
        if type_ == "date":
            return find_all(self.texts, date_forms(value))
        if type_ == "currency":
            return find_all(self.texts, [[value], [sign for sign, code in SYMBOLS.items() if code == value]])
        return find_all(self.texts, [[value]]) or self._parts(value)

    def _numbers(self, value: str) -> list[Place]:
        """Numbers stand close; one below zero needs its sign on the page."""
        places = [place for place in find_all(self.texts, amount_forms(value)) if is_tight(place)]
        if not value.startswith("-"):
            return places
        return [place for place in places if self._has_sign(place)]

    def _has_sign(self, place: Place) -> bool:
        words = self._by_number[place.page].words
        first = words.index(place.words[0])
        before = words[first - 1].text if first else ""
        return bool(re.search(r"[-−–(]", place.raw)) or before in ("-", "−", "–", "(")

    def _parts(self, value: str) -> list[Place]:
        """The parts of an address, each whole, one near the other, as one place."""
        parts = [part for part in re.split(r"[,\n]\s*", value) if len(folded(part)) > 1]
        found = [find_all(self.texts, [[part]]) for part in parts]
        if len(parts) < 2 or not all(found):
            return []
        groups = [_group(anchor, found[1:]) for anchor in found[0][:_MOST_PLACES]]
        return [Place(group[0].page, tuple(w for part in group for w in part.words)) for group in groups if group]

    def _unlike(self, type_: str, value: str) -> Evidence | None:
        """A name that OCR misread by a letter or two; never a digit, for those are what is at stake."""
        sought = folded(value)
        if type_ != "text" or len(sought) < _SHORTEST:
            return None
        alike = [place for text in self._read_by_ocr() if (place := _alike(sought, text))]
        best = max(alike, key=lambda one: one[0], default=None)
        return self._seen(best[1], 0.45) if best else None

    def _read_by_ocr(self) -> list[PageText]:
        return [text for text in self.texts if self._sources[text.number] == "ocr"]

    def _label_score(self, name: str, called: Sequence[str], place: Place, *, labelled: bool) -> int:
        """2 with the field's own label at its left, 1 with it above; less than 0 with another field's label there.

        Names and currencies stand anywhere: other labels say nothing against them (`labelled` is False).
        """
        text = self._by_number[place.page]
        for score, context in ((2, text.left_of(place)), (1, text.above(place))):
            found, called_so = owner(context), any(label in context for label in called)
            if found == name or (called_so and (found is None or name not in _OWNERS)):
                return score
            if found:
                return -score if labelled else 0
        return 0

    def _in_prose(self, place: Place) -> bool:
        """In running text: forms give values beside a label or alone, and sentences can say anything."""
        row = [word for word in self._by_number[place.page].words if word.y0 < place.middle < word.y1]
        before = sorted((word for word in row if word.x1 <= place.box.x0 + 1), key=lambda word: -word.x1)
        after = sorted((word for word in row if word.x0 >= place.box.x1 - 1), key=lambda word: word.x0)
        around = [*_close([place.words[0], *before], place.height), *_close([place.words[-1], *after], place.height)]
        return sum(any(map(str.isalpha, word.text)) for word in around) >= _PROSE

    def _seen(self, place: Place, confidence: float) -> Evidence:
        read = min(word.confidence for word in place.words)
        return Evidence(place.raw, place.page, self.box_of(place.page, place.box), round(confidence * read, 3))


def _placed(page: PageReading) -> PageReading:
    """A page of markup with the words of its rows, which stand at their lines and columns."""
    if page.source != "markup":
        return page
    return replace(page, words=tuple(word for row in rows_of([page]) for word in row.words))


def _stands_by_a_label(name: str, type_: str) -> bool:
    return name.endswith("_number") or type_ not in ("text", "currency", "phone", "email")


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _position(name: str, place: Place) -> tuple[float, ...]:
    order = (place.page, round(place.middle), place.box.x0)
    return tuple(-part for part in order) if name in (*SUMS, "currency") else order


def _group(anchor: Place, others: Sequence[Sequence[Place]]) -> list[Place]:
    """`anchor` and the nearest place of each of the others; empty if one is far off."""
    group = [anchor]
    for places in others:
        same_page = [(_apart(place, group[-1]), place) for place in places if place.page == anchor.page]
        apart, best = min(same_page, key=lambda one: one[0], default=(0.0, None))
        if best is None or apart > _FAR * anchor.height:
            return []
        group.append(best)
    return group


def _apart(one: Place, other: Place) -> float:
    return abs(one.middle - other.middle)


def _close(words: Sequence[Word], height: float) -> Iterator[Word]:
    """The words after the first one, to the left or the right of it, up to a gap that is a column's."""
    for previous, word in pairwise(words):
        if max(word.x0 - previous.x1, previous.x0 - word.x1) > height:
            return
        yield word


def _alike(sought: str, text: PageText) -> tuple[float, Place] | None:
    """The run of words most like `sought`, with the same digits."""
    pieces = [folded(word.text) for word in text.words]
    found = fuzz.partial_ratio_alignment(sought, "".join(pieces), score_cutoff=_LIKENESS)
    if found is None:
        return None
    owners = [index for index, piece in enumerate(pieces) for _ in piece][found.dest_start : found.dest_end]
    words = text.words[owners[0] : owners[-1] + 1] if owners else ()
    joined = folded("".join(word.text for word in words))
    if not words or _digits(joined) != _digits(sought) or fuzz.ratio(joined, sought) < _LIKENESS:
        return None
    return found.score, Place(text.number, tuple(words))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
