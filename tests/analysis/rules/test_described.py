"""Lines that are no more than a text and an amount."""

from analysis.rules import extract_invoice
from tests.analysis.rules.drawing import page

HEAD = """
Acme Hosting Ltd                      Invoice 2026-17
Date                                  12.03.2026
"""


def brief(body):
    lines = extract_invoice([page(HEAD + body)]).line_items
    return [(line.description, line.quantity, line.amount) for line in lines]


def test_rows_that_add_up_to_the_total_are_lines():
    found = brief("""
Web hosting, March                      12.50
Certificates                             4.00
Backup of two servers                    8.25

Subtotal                                24.75
VAT 20 %                                 4.95
Total                                   29.70
""")
    assert found == [
        ("Web hosting, March", None, "12.50"),
        ("Certificates", None, "4.00"),
        ("Backup of two servers", None, "8.25"),
    ]


def test_what_breaks_a_line_down_is_no_line():
    found = brief("""
Total                                   16.50
Transfer                                12.50
  Charges                               12.50
  VAT                                    0.00
Storage                                  1.50
  Charges                                1.50
  VAT                                    0.00
Queues                                   2.50
  Charges                                2.50
  VAT                                    0.00
""")
    assert [line[0] for line in found] == ["Transfer", "Storage", "Queues"]


def test_rows_that_do_not_add_up_are_no_lines():
    assert (
        brief("""
Web hosting, March                      12.50
Certificates                             4.10
Total                                   24.75
""")
        == []
    )


def test_an_amount_and_its_tax_are_no_lines():
    assert (
        brief("""
Net amount                              20.00
VAT 20 %                                 4.00
Total                                   24.00
""")
        == []
    )


def test_amounts_elsewhere_on_the_page_are_no_lines():
    assert (
        brief("""
Web hosting, March            12.50
Certificates                                         4.00
Total                                   16.50
""")
        == []
    )


def test_lines_know_their_place():
    line = extract_invoice(
        [page(HEAD + "Web hosting     12.50\nBackup           4.00\nTotal           16.50\n")]
    ).line_items[0]
    assert (line.page, line.source) == (1, "rules")
    assert line.box is not None
    assert line.box.x1 > 100
