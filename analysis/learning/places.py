"""Where on a vendor's documents a value stands: beside or below its label, or in a region of the page."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rapidfuzz import fuzz

from analysis.findings import Found
from analysis.learning.printed import READINGS, Spot, compact, find, shape_of, values_in
from analysis.rules.layout import Row, overlap
from documents.pages import Box

BY_LABEL, BY_REGION = 0.96, 0.85  # how sure a value is that was found so
_LABEL_WORDS = 4
_LONG_LABEL = 6  # letters from which a slip of OCR is forgiven
_ALIKE = 90  # of 100
_BELOW_ROWS = 3  # heights of a row between a label and what stands below it
_NEAR = (0.06, 0.03)  # of the page's width and height: a region's tolerance


def learn(rows: Sequence[Row], type_: str, value: str, page: int | None, box: Box | None) -> dict[str, Any] | None:
    """What to remember of where the value is printed; None if it isn't.

    Of several places the one at `page` and `box`, where they are known, else the first that has a label.
    """
    spots = find(rows, type_, value)
    if not spots:
        return None
    labelled = [(spot, _label_of(spot, rows)) for spot in spots]
    spot, (side, label) = min(labelled, key=lambda one: (_distance(one[0], page, box), not one[1][1]))
    kept = {"kind": "place", "type": type_, "side": side, "label": label, "place": list(spot.place)}
    return kept | {"page": spot.row.page, "reading": spot.reading, "shape": _shape(spot.value)}


def read(rows: Sequence[Row], lesson: dict[str, Any]) -> Found | None:
    """The value at the remembered place."""
    if lesson["label"]:
        found = [spot for row in rows for spot in _beside(row, rows, lesson)]
        confidence = BY_LABEL
    else:
        found = [spot for row in rows for spot in _of_type(row, 0, lesson) if _is_near(spot, lesson)]
        confidence = BY_REGION
    best = min(found, key=lambda spot: _apart(spot, lesson), default=None)
    return best.found(confidence) if best else None


def _shape(value: str) -> str:
    """Only numbers of a kind have one: a text without digits, or of several words, is all that stands there."""
    return shape_of(value) if re.search(r"\d", value) and not re.search(r"\s", value) else ""


def _distance(spot: Spot, page: int | None, box: Box | None) -> float:
    """From the place that is known, in the page's unit; 0 if none is."""
    if page is None:
        return 0.0
    if spot.row.page != page:
        return float("inf")
    if box is None or not spot.row.boxed:
        return 0.0
    mine = spot.box
    return round(abs(mine.x0 + mine.x1 - box.x0 - box.x1) + abs(mine.y0 + mine.y1 - box.y0 - box.y1)) / 2


def _label_of(spot: Spot, rows: Sequence[Row]) -> tuple[str, str]:
    """The side of the value on which its label stands, and the label; two blanks if there is none."""
    before = [part for part in spot.row.text[: spot.start].split("\t") if compact(part)[0]]
    if before and (label := _words(before[-1])):
        return "left", label
    above = [row for row in rows if row.page == spot.row.page and 0 < spot.box.y0 - row.box.y0 < _reach(row)]
    for row in sorted(above, key=lambda row: -row.box.y0):
        for segment in row.segments():
            if overlap(segment.box, spot.box) > 0 and (label := _words(segment.text)):
                return "above", label
    return "", ""


def _reach(row: Row) -> float:
    return (_BELOW_ROWS + 0.5) * row.height


def _words(text: str) -> str:
    """The last words of a text as a label; blank if it has a number in it or no letter."""
    words = re.sub(r"[^\w\s]+", " ", text).lower().split()[-_LABEL_WORDS:]
    label = " ".join(words)
    return "" if re.search(r"\d", label) or len(compact(label)[0]) < 2 else label


def _beside(row: Row, rows: Sequence[Row], lesson: dict[str, Any]) -> Iterator[Spot]:
    """For each time that the label stands in the row, the nearest value on its side."""
    for start, end in _spans(row, compact(lesson["label"])[0]):
        if lesson["side"] == "left":
            yield from list(_of_type(row, end, lesson))[:1]
            continue
        label = row.span_box(start, end)
        below = [one for one in rows if one.page == row.page and 0 < one.box.y0 - row.box.y0 < _reach(row)]
        spots = (spot for one in below for spot in _of_type(one, 0, lesson) if overlap(spot.box, label) > 0)
        yield from list(spots)[:1]


def _spans(row: Row, label: str) -> Iterator[tuple[int, int]]:
    letters, at = compact(row.text)
    exact = [(match.start(), match.end()) for match in re.finditer(re.escape(label), letters)]
    if not exact and len(label) >= _LONG_LABEL and len(letters) >= len(label):
        close = fuzz.partial_ratio_alignment(label, letters, score_cutoff=_ALIKE)
        exact = [(close.dest_start, close.dest_end)] if close and close.dest_end > close.dest_start else []
    for start, end in exact:
        if not row.text[max(at[start] - 1, 0) : at[start]].isalnum():
            yield at[start], at[end - 1] + 1


def _of_type(row: Row, start: int, lesson: dict[str, Any]) -> Iterator[Spot]:
    """The values in a row from `start` on that could be it."""
    if lesson["type"] in READINGS:
        yield from (spot for spot in values_in(row, lesson["type"], lesson["reading"]) if spot.start >= start)
    elif lesson["shape"]:
        for match in re.finditer(rf"(?<!\w){lesson['shape']}(?!\w)", row.text[start:]):
            yield Spot(row, start + match.start(), start + match.end(), match.group())
    else:
        for match in re.finditer(r"[^\t]*\w[^\t]*", row.text[start:]):
            text = match.group().strip(" :.-#")
            begin = row.text.index(text, start + match.start())
            yield Spot(row, begin, begin + len(text), text)


def _is_near(spot: Spot, lesson: dict[str, Any]) -> bool:
    (x, y), (at_x, at_y) = spot.place, lesson["place"]
    return bool(spot.row.page == lesson["page"] and abs(x - at_x) <= _NEAR[0] and abs(y - at_y) <= _NEAR[1])


def _apart(spot: Spot, lesson: dict[str, Any]) -> tuple[int, float]:
    (x, y), (at_x, at_y) = spot.place, lesson["place"]
    return abs(spot.row.page - lesson["page"]), abs(x - at_x) + abs(y - at_y)
