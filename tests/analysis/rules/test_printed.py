"""Values as their types: what is read at a place, and what is left."""

import pytest

from analysis.document_types import FieldSpec
from analysis.rules.labelled import extract_labelled
from analysis.rules.printed import shape_of
from analysis.rules.wordings import wordings
from tests.analysis.rules.drawing import page


def read(type_, text, **more):
    found = extract_labelled([page(text)], {"it": FieldSpec(type_, "Thing", **more)})
    return found["it"].value if "it" in found else None


@pytest.mark.parametrize(
    ("type_", "printed", "value"),
    [
        ("code", "GB 123 456", "GB 123 456"),
        ("code", "HO-2031/7 (renewed)", "HO-2031/7"),
        ("code", "AB-7 01/02/2031", "AB-7"),
        ("code", "none so far", None),
        ("code", "01/02/2031", None),
        ("number", "12,345.5 kg", "12345.5"),
        ("number", "7 %", "7"),
        ("amount", "12 months 480.00", "480.00"),
        ("amount", "by 3 May 2031", None),
        ("boolean", "No", "false"),
        ("boolean", "[x]", "true"),
        ("boolean", "perhaps", None),
        ("phone", "call (858) 555-0100 now", "8585550100"),
        ("phone", "12", None),
        ("email", "Ada@Example.ORG, room 3", "ada@example.org"),
        ("date", "3 May 2031", "2031-05-03"),
        ("text", "*** any words", "any words"),
        ("text", "--", None),
    ],
)
def test_a_value_of_its_type(type_, printed, value):
    assert read(type_, f"Thing: {printed}") == value


def test_sentences_are_no_forms():
    assert read("text", "Every thing that is here stays here.") is None
    assert read("amount", "with a thing of $12.50 in all") == "12.50"
    assert read("amount", "with a thing, and a long way behind it at last $12.50 in all") is None


def test_the_next_label_is_no_value():
    assert read("text", "Thing\n4b. OTHER NAME HERE") is None
    assert read("text", "Thing (as in the passport):\nAda") == "Ada"


def test_a_value_like_the_examples_goes_first():
    text = "Thing: see there\nThing: AB-77"
    assert read("text", text) == "see there"
    assert read("text", text, examples=("XY-12",)) == "AB-77"


def test_without_a_label_only_what_is_unmistakable_is_taken():
    assert read("email", "write to ada@example.org") == "ada@example.org"
    assert read("email", "ada@example.org or bob@example.org") is None
    assert read("code", "as in LOT/77/A", examples=("LOT/1/B",)) == "LOT/77/A"
    assert read("code", "as in LOT/77/A", examples=("two words 7",)) is None


def test_shapes():
    assert shape_of("HO-2024-00123") == "A-9-9"
    assert shape_of("Ada  Lovelace") == "Aa Aa"


def test_other_wordings():
    assert wordings(["policy number", "policy no"])[:3] == ["policy number", "policy no", "policy nr"]
    assert "birth date" in wordings(["date of birth"])
    assert "date of birth" in wordings(["birth date"])
    assert "schadennr" in wordings(["Schadennummer"])[1].casefold()
