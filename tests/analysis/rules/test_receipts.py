import pytest

from analysis.rules import extract_receipt
from tests.analysis.rules.drawing import page

RECEIPT = """
      A06050
      GEMILANG STATIONERY
      (001451637-M)
   NO. 53, JALAN BESAR,
   45600 BATANG BERJUNTAI
   TEL: 03-3271 9872
   GST No.: 000689913856
   SIMPLIFIED TAX INVOICE
Receipt No.: CS1801/26874    Date: 18/01/2018
STEEL RULER 30CM
9557068000035     1    3.50      3.50
LAMINATE FILM     2    1.30      2.60 SR
ERASER                           0.90
SUB-TOTAL                        7.00
ROUNDING                         0.00
TOTAL                            7.00
CASH                            10.00
CHANGE                           3.00
"""


def extracted(drawing, confidence=1.0):
    return extract_receipt([page(drawing, source="ocr", confidence=confidence)])


def values(drawing):
    return {name: found.value for name, found in extracted(drawing).fields.items()}


def test_head_and_total():
    found = values(RECEIPT)
    assert found["vendor"] == "GEMILANG STATIONERY"
    assert found["address"] == "NO. 53, JALAN BESAR, 45600 BATANG BERJUNTAI"
    assert (found["date"], found["total"]) == ("2018-01-18", "7.00")
    assert found["invoice_number"] == "CS1801/26874"


def test_lines_with_the_text_above_or_beside():
    assert [(i.description, i.quantity, i.unit_price, i.amount) for i in extracted(RECEIPT).line_items] == [
        ("STEEL RULER 30CM", "1", "3.50", "3.50"),
        ("LAMINATE FILM", "2", "1.30", "2.60"),
        ("ERASER", None, None, "0.90"),
    ]


def test_leading_quantities():
    items = extracted("BAKERY\n1 Sourdough loaf    7.50\n2 Almond croissant  8.50\nTOTAL  16.00").line_items
    assert [(i.quantity, i.description) for i in items] == [("1", "Sourdough loaf"), ("2", "Almond croissant")]


def test_confidence_falls_with_that_of_the_reading():
    sure, unsure = extracted(RECEIPT).fields["total"], extracted(RECEIPT, confidence=0.5).fields["total"]
    assert unsure.confidence < 0.6 * sure.confidence


@pytest.mark.parametrize(
    ("head", "vendor"),
    [
        ("Banh Mi Cafe\nSDN BHD (1160029-U)\nNo. 1, Jalan Puteri\n", "Banh Mi Cafe SDN BHD"),
        ("tan chay yee\nGL HANDICRAFT\n19, JALAN KANCIL,\n", "GL HANDICRAFT"),
        ("WELCOME\nMr. Dakgalbi\nTEL 06206 5567\n", "Mr. Dakgalbi"),
        ("Cele R\nPAPAN YEW CHUAN\n(0005583085-K)\nLOT 276 JALAN BANTING\n", "PAPAN YEW CHUAN"),
        ("Cele R\nPAPAN YEW CHUAN\n03-87686092\nLOT 276 JALAN BANTING\n", "Cele R"),
    ],
)
def test_vendor_is_the_first_line_that_is_a_name(head, vendor):
    assert values(head + "18/01/2018\nTOTAL  7.00")["vendor"] == vendor


@pytest.mark.parametrize(
    ("below", "address"),
    [
        ("NO. 5, JALAN BESAR,\n45600 BATANG,\nSELANGOR.O\n", "NO. 5, JALAN BESAR, 45600 BATANG, SELANGOR."),
        ("NO. 5, JALAN BESAR\n45600 BATANG B\n", "NO. 5, JALAN BESAR 45600 BATANG B"),
        ("NO. 5, JALAN BESAR,\n45600 BATANG\nESJAY FUEL ENTERPRISE\n", "NO. 5, JALAN BESAR, 45600 BATANG"),
        (
            "NO. 5, THE STORE,\nUNIT 5 ROBINSONS STORE\n45600 BATANG\n",
            "NO. 5, THE STORE, UNIT 5 ROBINSONS STORE 45600 BATANG",
        ),
    ],
)
def test_where_an_address_ends(below, address):
    assert values("GEMILANG\n" + below + "18/01/2018\nTOTAL  7.00")["address"] == address


def test_page_without_a_head():
    extraction = extracted("18/01/2018\nTOTAL  7.00")
    assert "vendor" not in extraction.fields
    assert extraction.fields["total"].value == "7.00"


def test_how_it_was_ordered_is_no_vendor():
    assert (
        values("             DINE IN\n     Japan 49\n10920 Winds Crossing Drive\nTea  2.00\nTotal  2.00")["vendor"]
        == "Japan 49"
    )
