"""Values as people write them, there and back."""

import pytest
from django.utils import translation

from analysis import values
from analysis.admin_forms import carried, same, shown


@pytest.mark.parametrize(
    ("language", "type_", "value", "text"),
    [
        ("en", "amount", "1005.55", "1,005.55"),
        ("de", "amount", "1005.55", "1.005,55"),
        ("en", "amount", "1005", "1,005.00"),
        ("en", "amount", "-0.125", "-0.125"),
        ("en", "number", "1005.5", "1005.5"),
        ("de", "number", "2.50", "2,5"),
        ("en", "date", "2025-03-01", "2025-03-01"),
        ("de", "date", "2025-03-01", "01.03.2025"),
        ("de", "date", "March", "March"),
        ("en", "iban", "DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
        ("en", "amount", "a lot", "a lot"),
        ("en", "text", None, ""),
    ],
)
def test_values_show_as_people_write_them(language, type_, value, text):
    with translation.override(language):
        assert shown(type_, value) == text


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("type_", "value"),
    [("amount", "1005.55"), ("amount", "1234567.00"), ("date", "2025-03-01"), ("iban", "DE02120300000000202051")],
)
def test_what_is_shown_can_be_typed(language, type_, value):
    with translation.override(language):
        assert values.normalise(type_, shown(type_, value)) == value


def test_an_unknown_language_is_no_error():
    with translation.override("xx"):
        assert shown("amount", "5.5") == "5.50"


def test_spaces_are_the_browsers():
    assert same("1 Main St\r\nTown ", "1 Main St\nTown")
    assert not same("1 Main St", "2 Main St")


@pytest.mark.parametrize("text", [None, "", "{", "[]", "3"])
def test_what_was_tampered_with_counts_as_nothing(text):
    assert carried(text) == {}
