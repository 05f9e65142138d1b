"""What was bought, from a till's receipt: rows that end in an amount, with the text beside, above or around it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations

from analysis.findings import LineItem
from analysis.rules.amounts import Amount, parse_number
from analysis.rules.labels import column_phrases
from analysis.rules.languages import WORDS, pattern_of
from analysis.rules.layout import Row, Segment
from analysis.rules.receipt_sums import proven, sums_on
from analysis.rules.receipts import header_rows
from analysis.rules.sheet import Sheet
from analysis.rules.totals import CENT, decimal_string
from documents.pages import Box

_SUMS = {"total", "subtotal", "amount_due", "line_total", "count"}
_NO_ITEMS = {
    *_SUMS, "tax", "cash", "change", "rounding", "prepaid", "other_number", "invoice_number", "carried",
}  # fmt: skip
_DOUBTFUL = {"allowance", "charge", "tip"}
_REFERENCE_PRICE = pattern_of(WORDS["reference_price"])
_LED = re.compile(r"\W{0,2}(\d{1,3})(?: ?[xX×*](?=\s))?\s+(?=\W{0,3}(?:\d/\d )?\W?[^\W\d])")
_TIMES = re.compile(r"\W{0,2}(\d{1,3}) ?[xX×*] ?(?=[^\W\d]{2})")
_WEIGHED = re.compile(r"\W{0,2}(\d{1,2}[.,]\d{1,3})\s+(?=[^\W\d]{2})")
# "2 x 1.30", "2 @ 1.30", "0.657 kg x 6.30": quantity and price on a row of their own
_MULTIPLIED = re.compile(
    r"\W*(?P<quantity>\d{1,4}(?:[.,]\d{1,3})?)\s?(?:[^\W\d]{1,5}\.?\s?)?[xX×*@]\s?(?P<price>(?:[^\W\d]{1,3}|[$€£])?\s?\d+[.,]\d\d)(?:\s?/?\s?[^\W\d]{1,5})?\W*"
)
_PRICES_BEHIND = re.compile(r"(?:[\s@x×*(]+(?:[$€£]|RM ?)?\d+[.,]\d\d\)?)+\s*$")
_COLUMN_OF_NUMBERS = re.compile(r"\t(?=\s*[\d.,]+(?:\s|$))|\s(?=\(?\d+\s?[x×*@]\s)")
_UNREAD = 0.7  # certainty of a quantity of one whose column was read as empty


@dataclass(frozen=True, slots=True)
class _Entry:
    """A priced row on its way to being a line; `text` is what stands before its figures, `rows` where it was found."""

    rows: tuple[Row, ...]
    text: str
    amount: Decimal
    quantity: Decimal | None = None
    price: Decimal | None = None
    doubtful: bool = False  # a discount, a charge, a price that is given for comparison
    certainty: float = 1.0

    @property
    def is_led(self) -> bool:
        return bool(_LED.match(self.text))

    def line(self, certainty: float) -> LineItem:
        row = self.rows[-1]
        read = min(word.confidence for one in self.rows for word in one.words)
        description = re.sub(r"\s+", " ", self.text).strip(" -*:.,\t")
        return LineItem(
            description=description or None,
            quantity=None if self.quantity is None else format(self.quantity, "f"),
            unit_price=None if self.price is None else format(self.price, "f"),
            amount=decimal_string(self.amount),
            page=row.page,
            box=Box.around([one.box for one in self.rows]) if row.boxed else None,
            confidence=round(certainty * self.certainty * read, 3),
        )


def receipt_items(sheet: Sheet) -> list[LineItem]:
    """The lines between header and totals. Where a sum is printed, it decides about rows that may be none."""
    entries = _with_quantities(sheet, list(_entries(sheet)))
    amounts, doubtful = [entry.amount for entry in entries], [entry.doubtful for entry in entries]
    kept = proven(amounts, doubtful, sums_on(sheet))
    if kept is None:
        return [e.line(0.8 if e.quantity else 0.6) for e in entries if not _REFERENCE_PRICE.search(e.text)]
    return [replace(entries[index], amount=amount).line(0.9) for index, amount in kept]


def _entries(sheet: Sheet) -> Iterator[_Entry]:
    """Every priced row up to the first sum. Rows without a price are kept for the row below them."""
    start = len(header_rows(sheet))
    last: _Entry | None = None
    above: Row | None = sheet.rows[start - 1] if start else None
    total = Decimal()
    for number, row in enumerate(sheet.rows[start:], start=start):
        names = set(_names(sheet, number))
        amount = _closing_amount(sheet, row)
        if last and (_is_sum(names, amount) or (amount and _letters(row) < 4 and abs(amount.value) == total)):
            break
        if last and _explains(sheet, row, last):
            last, above = _priced(sheet, row, last), None
            continue
        entry = _entry(sheet, row, amount, above, names) if amount and not names & _NO_ITEMS else None
        if entry and last:
            yield last
        last, above = entry or last, row if amount is None and _has_words(row) and not names & _NO_ITEMS else None
        total += abs(entry.amount) if entry else 0
    if last:
        yield last


def _names(sheet: Sheet, number: int) -> Iterator[str]:
    """What the row is labelled as: by a label that it begins with, or by that of a sum, wherever it stands."""
    for label in sheet.labels[number]:
        before = sum(c.isalpha() for c in label.row.text[: label.start])
        if before < 3 or label.name in ("total", "subtotal"):
            yield label.name


def _is_sum(names: set[str], amount: Amount | None) -> bool:
    """The row ends the lines: a sum, a count, or a tax (whose amount may have slipped)."""
    return bool(names & _SUMS and amount) or bool(names & {"count", "tax"})


def _letters(row: Row) -> int:
    return sum(map(str.isalpha, row.text))


def _has_words(row: Row) -> bool:
    return _letters(row) >= 3


def _closing_amount(sheet: Sheet, row: Row) -> Amount | None:
    """The amount with which the row ends; a tax code of a letter or two may follow it."""
    money = [a for a in sheet.amounts(Segment(row, 0, len(row.text))) if a.decimals == 2 and not a.percent]
    if not money or not re.fullmatch(r"[\s*#)]*[A-Z]{0,3}[\s*#]*", row.text[money[-1].end :]):
        return None
    return money[-1]


def _entry(sheet: Sheet, row: Row, amount: Amount, above: Row | None, names: set[str]) -> _Entry:
    own = _before_figures(row.text[: amount.start])
    described = sum(c.isalpha() for c in own) >= 3
    rows: tuple[Row, ...] = (row,)
    if above and (not described or (_LED.match(above.text) and not _LED.match(own))):
        own = f"{above.text} {own}" if described else above.text
        rows = (above, row)
    quantity, price = _product(sheet, row, amount)
    bracketed = row.text[: amount.start].rstrip().endswith("(")
    doubtful = bool(names & _DOUBTFUL or amount.value < 0 or bracketed or _REFERENCE_PRICE.search(own))
    return _Entry(rows, own, amount.value, quantity, price, doubtful or not any(map(str.isalpha, own)))


def _before_figures(text: str) -> str:
    """The row's text before its figures."""
    led = _LED.match(text)
    start = led.end() if led else 0
    return text[:start] + _PRICES_BEHIND.sub("", _COLUMN_OF_NUMBERS.split(text[start:])[0])


def _product(sheet: Sheet, row: Row, amount: Amount) -> tuple[Decimal | None, Decimal | None]:
    """Quantity and price of the row, where their product is the amount."""
    numbers = [a for a in sheet.amounts(Segment(row, 0, amount.start)) if not a.percent and a.value > 0]
    for quantity, price in permutations(numbers, 2):
        if price.decimals == 2 and abs(quantity.value * price.value - amount.value) <= CENT:
            return quantity.value, price.value
    return None, None


def _explains(sheet: Sheet, row: Row, entry: _Entry) -> bool:
    """Whether the row says how the amount above came about: "2 x 1.30" below "Milk 2.60"."""
    quantity, price = _multiplied(sheet, row)
    return quantity is not None and price is not None and abs(quantity * price - entry.amount) <= CENT


def _priced(sheet: Sheet, row: Row, entry: _Entry) -> _Entry:
    quantity, price = _multiplied(sheet, row)
    return replace(entry, quantity=quantity, price=price, rows=(*entry.rows, row))


def _multiplied(sheet: Sheet, row: Row) -> tuple[Decimal | None, Decimal | None]:
    match = _MULTIPLIED.fullmatch(row.text)
    if match is None:
        return None, None
    price = re.sub(r"[^\d.,]", "", match["price"])
    return parse_number(match["quantity"], sheet.mark), parse_number(price, sheet.mark)


def _with_quantities(sheet: Sheet, entries: list[_Entry]) -> list[_Entry]:
    """ "2 Almond croissant": the number is the quantity where most lines begin with one, or the others are indented."""
    led = [entry for entry in entries if entry.is_led]
    others = [entry for entry in entries if not entry.is_led and not entry.doubtful]
    titled = _has_quantity_title(sheet, entries)
    column = 2 * len(led) >= len(entries) or titled or (bool(led) and all(_is_indented(one, led) for one in others))
    return [_with_quantity(entry, column=column, assumed=2 * len(led) >= len(entries) or titled) for entry in entries]


def _with_quantity(entry: _Entry, *, column: bool, assumed: bool) -> _Entry:
    """`column`: numbers in front are quantities. `assumed`: OCR overlooks a lone 1, so that none is one."""
    match = _TIMES.match(entry.text) or (_LED.match(entry.text) if column else None) or _WEIGHED.match(entry.text)
    if match:
        quantity = entry.quantity or Decimal(match[1].replace(",", "."))
        return replace(entry, quantity=quantity, text=entry.text[match.end() :])
    if assumed and not entry.doubtful and entry.quantity is None:
        return replace(entry, quantity=Decimal(1), certainty=_UNREAD)
    return entry


def _is_indented(entry: _Entry, led: Sequence[_Entry]) -> bool:
    """The line begins to the right of where lines with a number in front begin."""
    row = entry.rows[0]
    return row.box.x0 > max(one.rows[0].box.x0 for one in led) + 0.6 * row.height


def _has_quantity_title(sheet: Sheet, entries: Sequence[_Entry]) -> bool:
    """A title such as "Qty" at the left of the rows above the first line."""
    if not entries:
        return False
    first = sheet.index(entries[0].rows[0])
    titles = (label for row in sheet.rows[max(0, first - 4) : first] for label in column_phrases().in_row(row))
    return any(label.name == "quantity" and label.start == 0 for label in titles)
