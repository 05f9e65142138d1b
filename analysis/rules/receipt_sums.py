"""Which rows of a receipt are lines, by the sums that it prints: a price for comparison or a header is in none."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from analysis.rules.sheet import Sheet
from analysis.rules.totals import candidates_of

_MOST_DOUBTFUL = 8
_MOST_AROUND = 3  # rows before the first line or behind the last that may look like one

Kept = list[tuple[int, Decimal]]


def sums_on(sheet: Sheet) -> set[Decimal]:
    """What the lines may add up to: the labelled sums, and totals less a labelled tax, charge or tip."""
    printed = {name: {c.value for c in candidates_of(sheet, name)} for name in ("total", "amount_due", "tax", "charge")}
    totals = printed["total"] | printed["amount_due"]
    sums = {c.value for name in ("subtotal", "line_total") for c in candidates_of(sheet, name)} | totals
    return {one for one in sums if one > 0} | {
        t - x for t in totals for x in printed["tax"] | printed["charge"] if t > x
    }


def proven(amounts: Sequence[Decimal], doubtful: Sequence[bool], sums: set[Decimal]) -> Kept | None:
    """The rows, by index and with their amounts, that add up to a printed sum; None where no choice does.

    As few of the doubtful rows as possible are left out; leading dots that were read as minus signs are none.
    """
    if not sums:
        return None
    for signed in (list(amounts), [abs(amount) for amount in amounts]):
        for left_out in _choices(doubtful):
            kept = [(index, amount) for index, amount in enumerate(signed) if index not in left_out]
            if kept and sum((amount for _, amount in kept), Decimal()) in sums:
                return kept
    return None


def _choices(doubtful: Sequence[bool]) -> Iterator[set[int]]:
    """What may be left out: nothing, doubtful rows, or the first or last rows."""
    unsure = [index for index, doubt in enumerate(doubtful) if doubt][:_MOST_DOUBTFUL]
    for count in range(len(unsure) + 1):
        yield from map(set, combinations(unsure, count))
    for count in range(1, min(_MOST_AROUND + 1, len(doubtful) - 1)):
        yield set(range(count))
        yield set(range(len(doubtful) - count, len(doubtful)))
