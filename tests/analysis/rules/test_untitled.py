"""Tables without a row of titles: columns by arithmetic."""

import pytest

from analysis.rules import extract_invoice
from analysis.rules.sheet import Sheet
from analysis.rules.untitled import untitled_lines
from tests.analysis.rules.drawing import page


def brief(*drawings):
    items = untitled_lines(Sheet.of([page(drawing, number=n) for n, drawing in enumerate(drawings, 1)]))
    return [(i.description, i.quantity, i.unit, i.unit_price, i.amount, i.tax_rate) for i in items]


def test_quantity_price_and_amount():
    found = brief(
        """
Acme GmbH                     Rechnung 2026-17
Musterweg 3                   12.03.2026

Kunstrasen grün          3 m²     4,00     19 %     12,00
300 cm breit
Schweinesteak            5 kg     5,50      7 %     27,50
Lieferung                                            4,90
Summe netto                                         44,40
USt. 19 % auf 12,00                                  2,28
"""
    )
    assert [item[:5] for item in found[:1]] == [("Kunstrasen grün 300 cm breit", "3", "m²", "4.00", "12.00")]
    assert [(item[0], item[4], item[5]) for item in found[1:]] == [
        ("Schweinesteak", "27.50", "7"),
        ("Lieferung", "4.90", None),
    ]


def test_the_quantity_may_stand_at_the_left():
    assert brief(
        """
3     Consulting day               450.00      1,350.00
1     Travel                        80.00         80.00
12    Print, colour                  0.15          1.80
Total                                          1,431.80
"""
    ) == [
        ("Consulting day", "3", None, "450.00", "1350.00", None),
        ("Travel", "1", None, "80.00", "80.00", None),
        ("Print, colour", "12", None, "0.15", "1.80", None),
    ]


def test_positions_are_no_part_of_the_description():
    drawing = """
1.    Consulting day      3         450.00      1,350.00
2.    Travel              1          80.00         80.00
"""
    assert [(item[0], item[1]) for item in brief(drawing)] == [("Consulting day", "3"), ("Travel", "1")]


def test_a_price_before_the_quantity():
    drawing = """
Consulting day      450.00         3      1,350.00
Travel               80.00         2        160.00
"""
    assert [item[1:4] for item in brief(drawing)] == [("3", None, "450.00"), ("2", None, "80.00")]


def test_lines_go_on_over_the_page():
    found = brief(
        "Pen      2      1.00      2.00\nInk      3      3.00      9.00\nSubtotal                 11.00",
        "Cap      4      0.50      2.00\nTotal                    13.00",
    )
    assert [item[0] for item in found] == ["Pen", "Ink", "Cap"]


@pytest.mark.parametrize(
    "drawing",
    [
        "Consulting in March                     450.00\nTravel                                   80.00",
        "Pen      2      1.00      2.00\nTotal                 2.00",  # one alone may do so by chance
        "Pen      2      1.00      2.00\n    Ink 3         3.00             9.00",  # not below each other
        "VAT 7 %      1      20.00      20.00\nVAT 19 %     2      10.00      20.00",
        "Pen      2      1.00      3.00\nInk      3      3.00      8.00",
    ],
)
def test_nothing_is_found_where_nothing_multiplies(drawing):
    assert brief(drawing) == []


def test_invoices_without_titles_have_lines_and_totals():
    drawing = """
Acme Ltd                     Invoice 2026-17
3     Consulting day               450.00      1,350.00
2     Travel                        80.00        160.00
Total                                          1,510.00
"""
    found = extract_invoice([page(drawing)])
    assert [item.amount for item in found.line_items] == ["1350.00", "160.00"]
    assert found.fields["total"].value == "1510.00"
