import pytest

from analysis import document_types
from analysis.rules.layout import rows_of
from analysis.rules.slips import slip_shape
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

SLIP = "AROMA HOUSE\nSoup    6.79\nSalad   7.69\nTOTAL  14.48"


def shape(drawing):
    return slip_shape(rows_of([page(drawing, source="ocr")]))


def test_narrow_pages_with_prices_and_a_total_are_slips():
    assert shape(SLIP) > 1
    assert document_types.detect([page(SLIP, source="ocr")]) == "receipt"


@pytest.mark.parametrize(
    "drawing",
    [
        "AROMA HOUSE\nSoup    6.79\nSalad   7.69\nWine   14.48",  # no total
        "AROMA HOUSE\nTotal of all that was said",  # no price
        "Dear Ada,\nall is well.",
        SLIP.replace("    ", " " * 80),  # as wide as a letter
        SLIP + "\nThank you" * 130,  # as long as a report
    ],
)
def test_others_are_none(drawing):
    assert shape(drawing) == 0
    assert document_types.detect([page(drawing, source="ocr")]) == "other"


def test_a_narrow_invoice_of_a_till_is_a_receipt():
    drawing = "BISTRO\nFACTURE 17\n1 COKE   2.00\n1 SALADE  13.00\nSOUS-TOTAL  15.00\nTOTAL  15.00"
    assert document_types.detect([page(drawing, source="ocr")]) == "receipt"


def test_text_without_geometry_has_no_shape():
    assert slip_shape(rows_of([PageReading(1, source="markup", markdown="Soup 6.79\nSalad 7.69\nTotal 14.48")])) == 0
    assert slip_shape([]) == 0


def test_what_is_as_long_as_a_book_is_none_whatever_it_speaks_of():
    drawing = "HANDBOOK\nHow to handle cash\nand what is a receipt\n" + "of all that\n" * 300
    assert shape(drawing) < 0
    assert document_types.detect([page(drawing, source="ocr")]) != "receipt"
