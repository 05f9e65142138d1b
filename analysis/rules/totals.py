"""Subtotal, tax, total and what is due: labelled amounts, and among them those that add up."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, product

from analysis.findings import Found
from analysis.rules.amounts import Amount
from analysis.rules.labels import Label
from analysis.rules.sheet import Sheet, Spot, found

CENT = Decimal("0.02")
_MOST = 6  # candidates kept per field
_OTHERS = {"cash", "change", "rounding", "tax", "count", "allowance"}
# "20 % MwSt.", "zzgl. 7 % USt.": what may stand before the word for tax
_RATED = re.compile(r"(?:[^\W\d]+\.?\s+)?[(+]?\s*\d{1,2}(?:[.,]\d{1,3})?\s?%\)?\s*(?:[^\W\d]+\.?\s+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An amount that may be the field's; `score` is about 0..1 before arithmetic."""

    spot: Spot
    amount: Amount
    score: float
    raw: str = ""  # what is printed, where it isn't the amount itself but its summands

    @property
    def value(self) -> Decimal:
        return self.amount.value

    def found(self, score: float) -> Found:
        at = found(decimal_string(self.value), self.spot.row, self.amount.start, self.amount.end, score)
        return replace(at, raw=self.raw) if self.raw else at


def decimal_string(value: Decimal) -> str:
    """With a dot, at least two decimals, no exponent."""
    value = value.quantize(Decimal("0.01")) if -int(value.as_tuple().exponent) < 2 else value
    return format(value, "f")


def find_totals(sheet: Sheet, *, sums: Mapping[str, Candidate], receipt: bool = False) -> dict[str, Found]:
    """subtotal, tax, total, amount_due and prepaid, as far as they are printed.

    `sums` has what the tax breakdown adds up to, for documents that print these only by rate.
    """
    candidates = {
        name: rank(candidates_of(sheet, name))
        for name in ("subtotal", "line_total", "tax", "total", "amount_due", "prepaid", "cash", "change", "rounding")
    }
    for name, candidate in sums.items():
        candidates[name].append(candidate)
    if receipt:
        candidates["total"] = receipt_totals(sheet, candidates)
    fields = _completed(sheet, _balanced(candidates))
    prepaid, due = candidates["prepaid"], candidates["amount_due"]
    if prepaid and not receipt:
        fields["prepaid"] = _positive(prepaid[0]).found(0.85 * prepaid[0].score + 0.1)
    if due and not receipt:
        fields["amount_due"] = due[0].found(0.85 * due[0].score + 0.1)
    return fields


def candidates_of(sheet: Sheet, name: str) -> Iterator[Candidate]:
    """Every amount that a label of this name points at."""
    last = max(len(sheet.rows), 1)
    for label in sheet.labelled(name):
        if not _starts_segment(label):
            continue
        certainty = 1 / (1 + 0.03 * label.rank) - (0 if label.exact else 0.2)
        for spot in _amount_spots(sheet, label):
            position = 0.08 * sheet.index(spot.row) / last
            amounts = [a for a in sheet.amounts(spot) if not a.percent and a.is_money]
            amounts = amounts or [a for a in sheet.amounts(spot) if _whole(a, spot)]
            if amounts:
                best = amounts[-1]
                yield Candidate(spot, best, certainty * spot.score * (0.92 + position) - 0.1 * (not best.is_money))
                break


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best first."""
    return sorted(candidates, key=lambda c: -c.score)[:_MOST]


def _starts_segment(label: Label) -> bool:
    before = label.row.text[label.row.segment_at(label.start).start : label.start]
    rated = label.name == "tax" and _RATED.fullmatch(before)
    return bool(rated) or len(before.strip("#*-–:() ")) <= 2 or before.rstrip()[-1:] in (":", ",", ";")


def _amount_spots(sheet: Sheet, label: Label) -> Iterator[Spot]:
    """Beside the label; or one row up or down when a wide column slipped by half a row; or below it."""
    right = sheet.right_of(label)
    yield right
    if not any(a.is_money for a in sheet.amounts(right)):
        yield from sheet.below(label, rows=1)


def _whole(amount: Amount, spot: Spot) -> bool:
    """A number without decimals is an amount only where it ends the row's text."""
    rest = spot.row.text[amount.end : spot.end].strip()
    return not amount.percent and (not rest or (rest.isupper() and len(rest) == 3)) and amount.value < 10**7


def _positive(candidate: Candidate) -> Candidate:
    amount = candidate.amount
    flipped = Amount(amount.start, amount.end, abs(amount.value), amount.decimals, amount.currency)
    return Candidate(candidate.spot, flipped, candidate.score)


def receipt_totals(sheet: Sheet, candidates: dict[str, list[Candidate]]) -> list[Candidate]:
    """Totals of a receipt, with two more witnesses: what was paid less the change, and the rounding."""
    totals = [*candidates["total"], *candidates["amount_due"], *demoted(candidates["subtotal"]), *_unlabelled(sheet)]
    values = {c.value for c in totals}
    paid = _paid(candidates)
    # "Rounding -0.02" says by how much, "Rounding 177.20" to what.
    totals += demoted([r for r in candidates["rounding"] if abs(r.value) >= 1])
    rounded = {v + r.value for v in values for r in candidates["rounding"] if 0 < abs(r.value) < 1}
    summary = min((sheet.index(label.row) for label in sheet.labelled("tax_summary")), default=len(sheet.rows))

    def score(c: Candidate) -> float:
        witness = 0.5 * (c.value in paid) + 0.35 * (c.value in rounded)
        return c.score + witness - 0.5 * (sheet.index(c.spot.row) > summary) - 0.5 * (c.value <= 0)

    return rank(Candidate(c.spot, c.amount, score(c), c.raw) for c in totals)


def _paid(candidates: dict[str, list[Candidate]]) -> set[Decimal]:
    """What may have been paid in the end."""
    given = {c.value for c in candidates["cash"]}
    change = {abs(c.value) for c in candidates["change"]}
    return {g - c for g in given for c in change} if change else given


def _unlabelled(sheet: Sheet) -> Iterator[Candidate]:
    """Amounts that end a row, for receipts whose label can't be read; the lower, the likelier."""
    for number, row in enumerate(sheet.rows):
        if number in sheet.table_rows:
            continue
        spot = Spot(row, 0, len(row.text), 0.2)
        money = [a for a in sheet.amounts(spot) if a.decimals == 2 and not a.percent]
        if money and not {label.name for label in sheet.labels[number]} & _OTHERS:
            yield Candidate(spot, money[-1], 0.2 + 0.05 * number / len(sheet.rows))


def _balanced(candidates: dict[str, list[Candidate]]) -> dict[str, Found]:
    """The triple of subtotal, tax and total with the most evidence; that it adds up counts most."""
    subtotals = [*candidates["subtotal"], *demoted(candidates["line_total"])]
    totals = [*candidates["total"], *demoted(candidates["amount_due"])]
    taxes = [*candidates["tax"], *_by_rate(candidates["tax"])]
    best: tuple[float, tuple[Candidate | None, ...], bool] = (-1.0, (None, None, None), False)
    for triple in product([*subtotals, None], [*taxes, None], [*totals, None]):
        balances = adds_up(*triple)
        score = sum(c.score for c in triple if c) + (0.8 if balances else 0) - (0.6 if contradicts(*triple) else 0)
        score -= 0.7 if triple[2] is None and totals else 0
        if score > best[0]:
            best = (score, triple, balances)
    _, chosen, balances = best
    return {
        name: candidate.found(confidence_of(candidate.score, balances=balances))
        for name, candidate in zip(("subtotal", "tax", "total"), chosen, strict=True)
        if candidate
    }


def _by_rate(taxes: Sequence[Candidate]) -> Iterator[Candidate]:
    """What two or three taxes of different rates make together; only that it balances speaks for one of these."""
    places = list({(id(c.spot.row), c.amount.start): c for c in taxes if c.value > 0 and not c.raw}.values())
    for some in (some for count in (2, 3) for some in combinations(places[:_MOST], count)):
        value = sum((c.value for c in some), Decimal())
        printed = " + ".join(c.spot.row.text[c.amount.start : c.amount.end].strip() for c in some)
        yield replace(some[0], amount=replace(some[0].amount, value=value), score=0.3, raw=printed)


def _completed(sheet: Sheet, fields: dict[str, Found]) -> dict[str, Found]:
    """The one of subtotal, tax and total that no label gave away, where the page shows just the missing amount."""
    known = {name: Decimal(str(fields[name].value)) for name in ("subtotal", "tax", "total") if name in fields}
    if len(known) != 2:
        return fields
    (missing,) = {"subtotal", "tax", "total"} - known.keys()
    if missing == "total":
        value = known["subtotal"] + known["tax"]
    else:
        value = known["total"] - known["tax" if missing == "subtotal" else "subtotal"]
    if value <= 0:
        return fields
    printed = (c for c in _unlabelled(sheet) if c.value == value)
    last = max(printed, key=lambda c: sheet.index(c.spot.row), default=None)
    return fields | ({missing: last.found(0.6)} if last else {})


def confidence_of(score: float, *, balances: bool) -> float:
    """That amounts balance is strong evidence by itself."""
    score = min(score, 1.0)
    return 0.8 + 0.17 * score if balances else 0.85 * score


def demoted(candidates: list[Candidate]) -> list[Candidate]:
    """The same, but less likely."""
    return [Candidate(c.spot, c.amount, 0.5 * c.score, c.raw) for c in candidates]


def adds_up(subtotal: Candidate | None, tax: Candidate | None, total: Candidate | None) -> bool:
    """Whether three different amounts on the page balance (a zero tax balances only with a tax line printed)."""
    if not (subtotal and tax and total) or subtotal.amount == tax.amount:
        return False
    return abs(subtotal.value + tax.value - total.value) <= CENT


def contradicts(subtotal: Candidate | None, tax: Candidate | None, total: Candidate | None) -> bool:
    """A part that is larger than the whole, or all three given and not balancing."""
    if subtotal and tax and total:
        return not adds_up(subtotal, tax, total)
    parts = [abs(c.value) for c in (subtotal, tax) if c]
    return bool(total and parts and max(parts) > abs(total.value))
