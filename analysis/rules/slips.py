"""What a till's slip looks like, in whatever language: narrow, with amounts down its right side and a total."""

from collections.abc import Sequence

from analysis.rules.labels import field_phrases
from analysis.rules.layout import Row, Segment
from analysis.rules.sheet import Sheet

_WIDEST = 60  # characters; the paper of tills takes 24 to 48
_LONGEST = 120  # rows
_BOOK = 250  # rows, on the first pages; no till prints as many
_FEWEST = 2  # rows with an amount
_WEIGHT = 1.6
_SUMS = {"total", "subtotal", "amount_due", "line_total"}


def slip_shape(rows: Sequence[Row]) -> float:
    """The weight of what the rows' shape says for a till's slip; 0.0 if wide, long or without total, less for books."""
    if len(rows) > _BOOK:
        return -_WEIGHT
    if not rows or len(rows) > _LONGEST or not rows[0].boxed or _width(rows) > _WIDEST:
        return 0.0
    sheet = Sheet(list(rows))
    priced = [row for row in rows if any(a.is_money for a in sheet.amounts(Segment(row, 0, len(row.text))))]
    labels = {label.name for row in priced for label in field_phrases().in_row(row)}
    return _WEIGHT if len(priced) >= _FEWEST and labels & _SUMS else 0.0


def _width(rows: Sequence[Row]) -> float:
    """How many characters would stand side by side from the leftmost word to the rightmost."""
    words = [word for row in rows for word in row.words if word.text]
    sizes = sorted((word.x1 - word.x0) / len(word.text) for word in words)
    across = sorted(word.x0 for word in words), sorted(word.x1 for word in words)
    few = len(words) // 50  # stray words beside the slip don't make it wide
    return (across[1][-1 - few] - across[0][few]) / max(sizes[len(sizes) // 2], 1e-6)
