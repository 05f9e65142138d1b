"""Values as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.values import Unusable, line_item, normalise


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1005.55", "1005.55"),
        ("1.005,55", "1005.55"),
        ("1,005.55", "1005.55"),
        ("1 005,55", "1005.55"),
        ("1'005.55", "1005.55"),
        ("1.005.000", "1005000"),
        ("12,5", "12.5"),
        ("12,50", "12.50"),
        ("1.005", "1.005"),
        ("-3.00", "-3.00"),
        ("−3,00", "-3.00"),
        ("007", "7"),
        (5, "5"),
        (19.5, "19.5"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_amounts(typed, kept):
    assert normalise("amount", typed) == kept


@pytest.mark.parametrize(
    "typed", ["1,005", "12.", ".5", "1.00.5", "1,2,3", "EUR 5", "1e5", "--1", "five", "1 2", "9" * 20]
)
def test_what_is_no_amount_or_could_be_two_is_refused(typed):
    with pytest.raises(Unusable, match="write it"):
        normalise("amount", typed)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_an_amount_as_it_is_kept_stays_as_it_is(number):
    text = f"{number:f}"
    once = normalise("amount", text)
    assert normalise("amount", once) == once
    assert float(once) == float(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2025-03-04", "2025-03-04"),
        ("4.3.2025", "2025-03-04"),
        ("04. 03. 2025", "2025-03-04"),
        ("17.04.26", "2026-04-17"),
        ("1.2.1999", "1999-02-01"),
        ("17/03/2026", "2026-03-17"),
        ("03/17/2026", "2026-03-17"),
        ("05-05-2026", "2026-05-05"),
    ],
)
def test_dates(typed, kept):
    assert normalise("date", typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "03/04/2025",
        "17/13/2025",
        "17/04/26",
        "03-04-2025",
        "1.1.0026",
        "2025-02-30",
        "2025-3-4",
        "31.11.2025",
        "tomorrow",
        "20250304",
        "2025-W01-1",
    ],
)
def test_what_is_no_date_or_could_be_two_is_refused(typed):
    with pytest.raises(Unusable, match="YYYY-MM-DD"):
        normalise("date", typed)


def test_other_types():
    assert normalise("currency", "eur") == "EUR"
    assert normalise("iban", "de02 1203-0000 0000 2020 51") == "DE02120300000000202051"
    assert normalise("tax_id", " DE 123 ") == "DE 123"
    assert normalise("text", "Zoe\u0308\n  Ltd") == "Zoë Ltd"
    assert normalise("taxes", []) is None
    assert normalise("taxes", [{"rate": "19", "tax": "1,90"}]) == [{"rate": "19", "base": None, "tax": "1.90"}]


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        ("currency", "$"),
        ("currency", "XYZ"),
        ("iban", "DE02"),
        ("text", "a\x00b"),
        ("text", "a\ud800b"),
        ("text", "x" * 2_001),
        ("text", True),
        ("text", {"value": 1}),
        ("taxes", "19 %"),
        ("taxes", ["19 %"]),
        ("taxes", [{"rate": "a"}]),
        ("taxes", [{"percent": "19"}]),
        ("taxes", [{}] * 101),
    ],
)
def test_what_can_not_be_is_refused(type_, typed):
    with pytest.raises(Unusable):
        normalise(type_, typed)


def test_a_line_item_names_what_is_wrong():
    assert line_item({"description": "Ink", "amount": "1,50"})["amount"] == "1.50"
    with pytest.raises(Unusable, match=r"quantity: .*number"):
        line_item({"quantity": "many"})
