"""Totals known by what leads from the subtotal to the total: taxes, charges, tips, discounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from analysis.findings import Found
from analysis.rules.layout import Segment
from analysis.rules.sheet import Sheet, Spot
from analysis.rules.totals import (
    Candidate,
    candidates_of,
    confidence_of,
    demoted,
    find_totals,
    rank,
    receipt_totals,
)

_CENT = Decimal("0.01")
_ROUNDING = Decimal("0.05")  # to the coins there are: the rounded total is the one that is paid
_STEPS = ("tax", "charge", "tip", "rounding", "allowance")
_MOST_STEPS = 8
_LONGEST_WAY = 5  # steps from subtotal to total
_NAMES = ("subtotal", "line_total", "total", "amount_due", "cash", "change", *_STEPS)


@dataclass(frozen=True, slots=True)
class _Way:
    """From a subtotal by taxes, charges and discounts to a total."""

    subtotal: Candidate
    steps: tuple[tuple[str, Candidate], ...]
    total: Candidate

    @property
    def score(self) -> float:
        rounded = any(abs(candidate.value) <= _ROUNDING for _, candidate in self.steps)
        return self.subtotal.score + self.total.score - 0.05 * len(self.steps) + 0.3 * rounded

    @property
    def adjustment(self) -> Decimal:
        """What the steps that aren't taxes add up to."""
        return sum((_signed(*step) for step in self.steps if step[0] != "tax"), Decimal())

    def by_name(self, *names: str) -> list[Candidate]:
        return [candidate for name, candidate in self.steps if name in names]


def find_receipt_totals(sheet: Sheet, lines: Decimal | None) -> tuple[dict[str, Found], Decimal]:
    """subtotal, tax and total, and by how much charges, tips and discounts change the subtotal on the way to the total.

    `lines`: what the lines add up to.
    """
    candidates = {name: rank(candidates_of(sheet, name)) for name in _NAMES}
    totals = receipt_totals(sheet, candidates)
    subtotals = [
        *candidates["subtotal"],
        *demoted([*candidates["line_total"], *candidates["total"]]),
        *_of(sheet, lines),
    ]
    subtotals = [replace(c, score=c.score + 0.4 * (c.value == lines)) for c in subtotals]
    ways = (way for s in subtotals for t in totals if (way := _way(s, t, _steps(sheet, candidates, s, t), sheet)))
    best = max(ways, key=lambda way: way.score, default=None)
    if best is None:
        return find_totals(sheet, sums={}, receipt=True), Decimal()
    return _fields(best), best.adjustment


def find_invoice_totals(sheet: Sheet, sums: Mapping[str, Candidate]) -> tuple[dict[str, Found], Decimal]:
    """What `find_totals` finds, and by how much discounts and charges change the subtotal on the way to the total.

    They are looked for where subtotal and tax alone don't make the total, and only where all of them have a label:
    an invoice prints more amounts that mean something else than a receipt does.
    """
    fields = find_totals(sheet, sums=sums)
    candidates = {name: rank(candidates_of(sheet, name)) for name in _NAMES}
    guessed = "tax" not in sums and not candidates["tax"]
    if "total" not in fields or (_balance(fields) and not (guessed and "tax" in fields)):
        return fields, Decimal()
    subtotals = [*candidates["subtotal"], *demoted(candidates["line_total"])]
    totals = [*candidates["total"], *demoted(candidates["amount_due"])]
    ways = [way for s in subtotals for t in totals if (way := _way(s, t, _labelled(sheet, candidates, s, t), sheet))]
    ways = [way for way in ways if way.adjustment]
    if not ways:
        return fields, Decimal()
    best = max(ways, key=lambda way: way.score)
    if guessed:
        fields.pop("tax", None)  # what was left between subtotal and total is known now
    return fields | _fields(best), best.adjustment


def _balance(fields: Mapping[str, Found]) -> bool:
    """Whether subtotal and tax make the total."""
    names = ("subtotal", "tax", "total")
    subtotal, tax, total = (Decimal(str(fields[name].value)) if name in fields else Decimal() for name in names)
    return abs(subtotal + tax - total) <= _CENT


def _of(sheet: Sheet, lines: Decimal | None) -> Iterator[Candidate]:
    """Amounts without a label that are what the lines add up to."""
    for row in sheet.rows if lines else []:
        spot = Spot(row, 0, len(row.text), 0.2)
        yield from (Candidate(spot, a, 0.2) for a in sheet.amounts(spot) if a.value == lines and a.decimals == 2)


def _way(subtotal: Candidate, total: Candidate, steps: Sequence[tuple[str, Candidate]], sheet: Sheet) -> _Way | None:
    """The shortest way from the one down to the other, if there is any."""
    gap = total.value - subtotal.value
    below = sheet.index(total.spot.row) > sheet.index(subtotal.spot.row)
    if not gap or not below or subtotal.value <= 0 or total.value <= 0:
        return None
    for count in range(1, min(len(steps), _LONGEST_WAY) + 1):
        for some in combinations(steps, count):
            if abs(sum((_signed(*step) for step in some), Decimal()) - gap) < _CENT:
                return _Way(subtotal, some, total)
    return None


def _steps(
    sheet: Sheet, candidates: dict[str, list[Candidate]], subtotal: Candidate, total: Candidate
) -> Sequence[tuple[str, Candidate]]:
    """Labelled taxes, charges and discounts, and what stands without a known label between subtotal and total."""
    first, last = sheet.index(subtotal.spot.row), sheet.index(total.spot.row)
    places = _places(sheet, candidates)
    for number in range(first + 1, last):
        row = sheet.rows[number]
        amounts = [a for a in sheet.amounts(Segment(row, 0, len(row.text))) if a.decimals == 2 and not a.percent]
        if amounts and number not in places:
            # "A = 9.3 % Sales Tax": the label stands anywhere in the row, or there is none that is known.
            names = {label.name for label in sheet.labels[number]}
            name = next((step for step in _STEPS if step in names), "charge")
            places[number] = name, Candidate(Spot(row, 0, len(row.text), 0.2), amounts[-1], 0.4)
    places = {number: step for number, step in places.items() if number not in (first, last) and step[1].value}
    near = sorted(places, key=lambda number: (not first < number < last, number))
    return [places[number] for number in near[:_MOST_STEPS]]


def _labelled(
    sheet: Sheet, candidates: dict[str, list[Candidate]], subtotal: Candidate, total: Candidate
) -> Sequence[tuple[str, Candidate]]:
    """Taxes, charges and discounts between subtotal and total that have a label."""
    between = range(sheet.index(subtotal.spot.row) + 1, sheet.index(total.spot.row))
    return [step for number, step in _places(sheet, candidates).items() if number in between][:_MOST_STEPS]


def _places(sheet: Sheet, candidates: dict[str, list[Candidate]]) -> dict[int, tuple[str, Candidate]]:
    """Labelled steps, with their names, by row."""
    places: dict[int, tuple[str, Candidate]] = {}
    for name in _STEPS:
        for candidate in candidates[name]:
            places.setdefault(sheet.index(candidate.spot.row), (name, candidate))
    return places


def _signed(name: str, candidate: Candidate) -> Decimal:
    """A discount counts against the total, whichever sign it is printed with."""
    return -abs(candidate.value) if name == "allowance" else candidate.value


def _fields(way: _Way) -> dict[str, Found]:
    fields = {
        "subtotal": way.subtotal.found(confidence_of(way.subtotal.score, balances=True)),
        "total": way.total.found(confidence_of(way.total.score, balances=True)),
    }
    taxes = way.by_name("tax")
    if taxes:
        value = sum((c.value for c in taxes), Decimal())
        raw = " + ".join(c.spot.row.text[c.amount.start : c.amount.end] for c in taxes) if len(taxes) > 1 else ""
        tax = replace(taxes[0], amount=replace(taxes[0].amount, value=value), raw=raw)
        fields["tax"] = tax.found(confidence_of(tax.score, balances=True))
    return fields
