"""Batches of reviews as pages show them."""

import pytest

from analysis.presenting.batches import named_columns
from analysis.reviews import columns
from documents.errors import InvalidInput


def offered(names):
    with pytest.raises(InvalidInput) as error:
        columns.text_column(names, [["1"] * len(names)], "")
    return named_columns(error.value.detail)


def test_the_columns_that_an_error_names_are_offered():
    names = ["id", "it's", 'a "b"', "both ' and \"", "back\\slash", "größe, 'x', y", "; there are 'more'"]
    assert offered(names) == names


def test_a_name_that_had_to_be_cut_is_not_offered():
    assert offered(["id", "x" * 50]) == ["id"]
    assert offered([f"c{number}" for number in range(20)]) == [f"c{number}" for number in range(12)]


def test_a_column_that_is_not_there_offers_those_that_are():
    with pytest.raises(InvalidInput) as error:
        columns.text_column(["a", "b"], [["1", "2"]], "no 'such'; there are 'none'")
    assert "a" in named_columns(error.value.detail)
    assert "b" in named_columns(error.value.detail)


def test_any_other_message_names_none():
    assert named_columns("The file is damaged.") == []
