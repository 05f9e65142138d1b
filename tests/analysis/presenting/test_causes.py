"""Advice about failures."""

import re
from pathlib import Path

import pytest

from analysis.presenting.causes import advice
from analysis.reviews import columns, jsons, sheets, tables

RAISED = re.compile(r"(?:InvalidInput|TooLarge)\(\s*\"(\w+)\"")


@pytest.mark.parametrize("module", [columns, jsons, sheets, tables], ids=lambda module: module.__name__)
def test_a_file_of_reviews_that_cannot_be_read_is_not_to_be_tried_again_as_it_is(module):
    codes = RAISED.findall(Path(module.__file__).read_text())
    assert codes
    assert {code for code in codes if advice(code).remedy != "upload"} == set()


def test_of_an_unknown_code_the_page_offers_to_try_again():
    assert advice("never_seen").remedy == "retry"
