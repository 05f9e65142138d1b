"""What adds up is chosen or put right, where there is one way alone, and never what was read for certain."""

from dataclasses import replace
from decimal import Decimal

import pytest

from analysis import checks
from analysis.arithmetic import settle
from analysis.arithmetic.confusions import readings
from analysis.checks.equations import Equation
from analysis.findings import Extraction, Found, LineItem
from documents.pages import Box, PageReading, Word

GOOD = {"subtotal": "174.00", "tax": "33.06", "total": "207.06", "prepaid": "7.06", "amount_due": "200.00"}
RATE = [{"rate": "19", "base": "174.00", "tax": "33.06"}]
LINES = [("A", "20", "9.90", "198.00"), ("B", "-1", "24.00", "-24.00")]


def scanned(values, *, source="ocr", confidence=0.8, doubtful=None, lines=(), taxes=(), kind="invoice", found="rules"):
    """An extraction and the page that it was read from: a row for each value; `doubtful` names those less sure."""
    words, fields, items = [], {}, []
    for row, (name, value) in enumerate(values.items()):
        sure = 0.5 if doubtful and name in doubtful else confidence
        words.append(Word(value, 100, 20 * row, 160, 20 * row + 10, sure))
        fields[name] = Found(value, value, 1, words[-1].box, 0.8, found)
    y = 20 * len(words)
    if taxes:
        words.append(Word(taxes[0]["tax"], 100, y, 160, y + 10, confidence))
        fields["taxes"] = Found([dict(one) for one in taxes], "", 1, words[-1].box, 0.8, found)
    for row, (description, quantity, price, amount) in enumerate(lines, start=1):
        box = Box(0, y + 20 * row, 200, y + 20 * row + 10)
        words += [Word(text, *box, confidence) for text in (quantity, price, amount) if text]
        items.append(
            LineItem(description, quantity, None, price, amount, page=1, box=box, confidence=0.8, source=found)
        )
    return Extraction(kind, fields, items), [PageReading(1, 600, 800, source=source, words=tuple(words))]


def settled(values, **given):
    return settle(*scanned(values, **given))


def told(extraction, what="repaired"):
    return extraction.extra["arithmetic"].get(what, {})


def test_a_sound_invoice_stays_as_it_is_and_is_proven():
    before, pages = scanned(GOOD, lines=LINES, taxes=RATE)
    after = settle(before, pages)
    assert {name: one.value for name, one in after.fields.items()} == {n: o.value for n, o in before.fields.items()}
    proof = told(after, "proof")
    assert all(one["holds"] for one in proof)
    assert "Subtotal 174.00 + tax 33.06 makes 207.06." in [one["equation"] for one in proof]
    assert {one["code"] for one in proof} == {"lines_sum", "tax_by_rate", "tax_sum", "total", "amount_due", "bases_sum"}
    assert after.issues == []
    assert all(after.fields[name].confidence > 0.8 for name in GOOD)
    assert all(item.confidence > 0.8 for item in after.line_items)


@pytest.mark.parametrize(
    ("name", "misread"),
    [("total", "201.06"), ("subtotal", "114.00"), ("tax", "33.08"), ("total", "20706.00"), ("amount_due", "800.00")],
)
def test_one_misread_value_is_put_right_with_its_proof(name, misread):
    truth = (
        {"amount_due": "600.00", "prepaid": "7.06", "total": "607.06", "subtotal": "574.00"}
        if name == "amount_due"
        else {}
    )
    taxes = [] if truth else RATE
    lines = [] if truth else LINES
    values = GOOD | truth | {name: misread}
    after = settled(values, lines=lines, taxes=taxes, doubtful=[name])
    assert after.fields[name].value == (GOOD | truth)[name]
    change = told(after)[name]
    assert change == {"from": misread, "to": (GOOD | truth)[name]}
    (issue,) = after.issues
    assert (issue.code, issue.severity, issue.fields) == ("value_repaired", "warning", (name,))
    assert misread in issue.detail
    assert checks.validate(after).math_ok is True


def test_a_line_is_put_right_by_its_own_product_and_the_sum():
    lines = [("A", "20", "9.90", "193.00"), *LINES[1:]]
    after = settled(GOOD, lines=lines, taxes=RATE)
    assert after.line_items[0].amount == "198.00"
    assert told(after) == {"line_items.0.amount": {"from": "193.00", "to": "198.00"}}
    assert "The amount of line 1 was read as 193.00" in after.issues[0].detail


def test_a_price_is_put_right_where_the_amount_is_vouched_for():
    after = settled(GOOD, lines=[("A", "20", "9.40", "198.00"), *LINES[1:]], taxes=RATE)
    assert after.line_items[0].unit_price == "9.90"


def test_a_tax_of_the_breakdown_is_put_right():
    after = settled(GOOD, lines=LINES, taxes=[{"rate": "19", "base": "174.00", "tax": "38.06"}])
    assert after.fields["taxes"].value[0]["tax"] == "33.06"


def test_two_misread_values_are_put_right_together():
    values = GOOD | {"total": "201.06"}
    after = settled(values, lines=[("A", "20", "9.90", "193.00"), *LINES[1:]], taxes=RATE)
    assert told(after).keys() == {"total", "line_items.0.amount"}


@pytest.mark.parametrize("given", [{"source": "text"}, {"confidence": 1.0}, {"found": "person"}, {"found": "xml"}])
def test_what_was_read_for_certain_is_never_put_right(given):
    values = GOOD | {"total": "201.06"}
    after = settled(values, lines=LINES, taxes=RATE, **given)
    assert after.fields["total"].value == "201.06"
    assert told(after) == {}
    assert checks.validate(after).math_ok is False


def test_two_ways_to_add_up_are_none():
    """100 + 8 = 106: the tax may be 6, or the total 108."""
    after = settled({"subtotal": "100.00", "tax": "8.00", "total": "106.00"}, doubtful=["tax", "total"])
    assert told(after) == {}
    assert after.fields["total"].confidence < 0.8


def test_one_equation_alone_is_no_proof_where_ocr_was_sure():
    values = {"subtotal": "210.00", "tax": "42.00", "total": "262.00"}  # 252.00, or the total of something else
    assert told(settled(values, confidence=0.99)) == {}
    assert told(settled(values, confidence=0.99, doubtful=["total"])) == {"total": {"from": "262.00", "to": "252.00"}}


def test_a_gap_that_rounding_explains_is_no_proof():
    values = {"subtotal": "120.00", "tax": "22.80", "total": "142.86"}
    assert told(settled(values, doubtful=["total"])) == {}


def test_garbled_lines_do_not_keep_the_sums_from_being_put_right():
    garbled = [("A", None, None, "5.00"), ("B", None, None, "7.77")]
    after = settled(GOOD | {"total": "201.06"}, lines=garbled, taxes=RATE)
    assert after.fields["total"].value == "207.06"
    assert not all(one["holds"] for one in told(after, "proof"))


def test_another_candidate_that_adds_up_is_chosen():
    before, pages = scanned(GOOD | {"total": "210.00"}, source="text", confidence=1.0)
    right = Found("207.06", "207,06", 1, Box(1, 2, 3, 4), 0.4)
    after = settle(replace(before, candidates={"total": (before.fields["total"], right)}), pages)
    assert (after.fields["total"].value, after.fields["total"].box) == ("207.06", right.box)
    assert told(after, "chosen") == {"total": {"from": "210.00", "to": "207.06"}}
    assert after.issues == []


def test_cash_and_change_witness_the_total_of_a_receipt():
    """The lines alone would allow for several readings of one of them."""
    values = {"total": "13.40"}
    lines = [("Tea", None, None, "8.40"), ("Pie", None, None, "10.00")]
    receipt, (page,) = scanned(values, lines=lines, kind="receipt")
    more = [("CASH", "20.00"), ("CHANGE", "1.60")]
    words = [
        Word(text, x, 400 + 20 * row, x + 60, 410 + 20 * row, 0.9)
        for row, pair in enumerate(more)
        for x, text in zip((10, 100), pair, strict=True)
    ]
    after = settle(receipt, [replace(page, words=(*page.words, *words))])
    assert after.fields["total"].value == "18.40"
    assert "Cash 20.00 - change 1.60 makes 18.40." in [one["equation"] for one in told(after, "proof")]
    assert told(settle(receipt, [page])) == {}


def test_an_inclusive_subtotal_is_told_as_such():
    after = settled({"subtotal": "28.60", "tax": "1.62", "total": "28.60"}, kind="receipt")
    assert [one["equation"] for one in told(after, "proof")] == ["Total 28.60 is 28.60."]


def test_nothing_to_add_up_leaves_no_trace():
    before, pages = scanned({"total": "5.00"})
    assert settle(before, pages) == before
    assert settle(Extraction("other"), []) == Extraction("other")


def test_five_hundred_doubtful_lines_are_looked_through_a_few_times_at_most(monkeypatch):
    asked, holds = [], Equation.holds
    monkeypatch.setattr(Equation, "holds", lambda one, values: asked.append(one) or holds(one, values))
    lines = [(f"L{n}", "2", "6.60", "13.20") for n in range(500)]
    after = settled({"subtotal": "6601.00", "tax": "0.00", "total": "6600.00"}, lines=lines)
    assert len(asked) < 50 * len(lines)
    assert len(told(after, "proof")) == 2


@pytest.mark.parametrize(
    ("read", "was"),
    [("108.00", "106.00"), ("17.00", "77.00"), ("1250", "12.50"), ("5.00", "55.00"), ("-4.10", "-9.10")],
)
def test_misreadings(read, was):
    assert Decimal(was) in readings(Decimal(read))
    assert Decimal(read) not in readings(Decimal(read))


def test_endless_numbers_are_left_alone():
    assert readings(Decimal("123456789012345")) == set()
