"""The values of the XML are found where a page prints them, in whatever form."""

import pytest

from analysis.einvoice.disagreement import mismatches
from analysis.einvoice.locating import locate
from analysis.einvoice.parsing import parse
from analysis.einvoice.source import find_xml
from analysis.findings import Extraction, Found, LineItem
from analysis.reading import pdf
from documents.pages import Box, PageReading
from documents.samples import FOLDER
from tests.analysis.einvoice.documents import page


def invoice(items=(), extra=None, **fields):
    found = {name: Found(value, source="xml") for name, value in fields.items()}
    return Extraction("invoice", found, [LineItem(**item, source="xml") for item in items], extra or {})


def located(pages, name, value, **extra):
    return locate(invoice(**{name: value}, extra=extra), pages).fields[name]


@pytest.mark.parametrize(
    "printed",
    [
        "2018-06-05", "05.06.2018", "5.6.2018", "05.06.18", "05/06/2018", "5/6/18", "05-06-2018", "20180605",
        "2018/06/05", "5. Juni 2018", "05. Juni 2018", "5 June 2018", "5th June 2018", "June 5, 2018", "JUN 05, 2018",
        "05-Jun-2018", "5 juin 2018", "5 de junio de 2018", "06/05/2018", "6/5/2018", "(05.06.2018)",
        "Datum:05.06.2018",
    ],
)  # fmt: skip
def test_dates_are_found_in_the_forms_of_many_countries(printed):
    found = located([page((10, 50, printed))], "date", "2018-06-05")
    assert (found.value, found.raw, found.page) == ("2018-06-05", printed, 1)


@pytest.mark.parametrize("printed", ["15.06.2018", "05.06.20181", "5.6.2019", "06.05.2018", "June 15, 2018"])
def test_other_dates_are_not_taken_for_it(printed):
    assert located([page((10, 50, printed))], "date", "2018-06-05").page is None


def test_month_first_is_believed_only_where_nothing_better_stands():
    pages = [page((10, 50, "06/05/2018"), (30, 50, "05/06/2018"))]
    assert located(pages, "date", "2018-06-05").raw == "05/06/2018"


@pytest.mark.parametrize(
    "printed",
    ["1234.50", "1,234.50", "1.234,50", "1 234,50", "1'234.50", "1’234.50", "1234,50", "€1,234.50", "1.234,50€",
     "1.234,50EUR", "-1.234,50", "1.234,50-", "(1,234.50)"],
)  # fmt: skip
def test_amounts_are_found_with_any_separators_and_either_sign(printed):
    assert located([page((10, 50, printed))], "total", "1234.50").raw == printed


@pytest.mark.parametrize("printed", ["1.234,5", "11.234,50", "1.234,501", "1234.50.20", "234,50", "1234 50"])
def test_parts_of_other_numbers_are_not_taken_for_it(printed):
    assert located([page((10, 50, printed))], "total", "1234.50").page is None


def test_digits_of_two_columns_are_not_one_amount():
    assert located([page((10, 50, "1", 100, "234,50"))], "total", "1234.50").page is None
    assert located([page((10, 50, "1", 59, "234,50"))], "total", "1234.50").page == 1


def test_round_amount_without_decimals_needs_its_label():
    assert located([page((10, 50, "573"))], "total", "573.00").page is None
    assert located([page((10, 50, "Total 573"))], "total", "573.00").raw == "573"


def test_equal_amounts_are_told_apart_by_the_label_at_their_left():
    rows = [
        (10, 50, "Artikel", 300, "119,00"),
        (30, 50, "Gesamtbetrag", 300, "119,00"),
        (50, 50, "Zahlbetrag", 300, "119,00"),
    ]
    fields = locate(invoice(total="119.00", amount_due="119.00"), [page(*rows)]).fields
    assert (fields["total"].box.y0, fields["amount_due"].box.y0) == (30, 50)


def test_equal_amounts_are_told_apart_by_the_label_above():
    rows = [(10, 50, "Netto", 150, "Brutto", 250, "Anzahlung"), (25, 50, "9,00", 150, "9,00", 250, "9,00")]
    fields = locate(invoice(subtotal="9.00", total="9.00", prepaid="9.00"), [page(*rows)]).fields
    assert [fields[name].box.x0 for name in ("subtotal", "total", "prepaid")] == [50, 150, 250]


def test_sums_without_labels_are_taken_from_the_end():
    pages = [page((10, 300, "80,00")), page((10, 50, "80,00", 300, "80,00"), number=2)]
    found = located(pages, "total", "80.00")
    assert (found.page, found.box) == (2, Box(300, 10, 330, 20))


def test_identifiers_stand_alone_and_may_have_blanks():
    pages = [
        page((10, 50, "TX-471102 4711020 471102/2"), (30, 50, "Rechnung Nr. 471102"), (50, 50, "IBAN DE88 2008 0000"))
    ]
    assert located(pages, "invoice_number", "471102").box.y0 == 30
    assert located(pages, "iban", "DE8820080000").raw == "DE88 2008 0000"


def test_iban_that_wraps_among_columns_is_found_by_its_beginning():
    rows = [(10, 50, "DE67 1004 8392 7221", 300, "Fax 12"), (25, 50, "8882 72", 300, "Tel 34")]
    assert located([page(*rows)], "iban", "DE67100483927221888272").raw == "DE67 1004 8392"


def test_vendor_may_be_printed_under_its_trading_name():
    pages = [page((10, 50, "BJÖRK"))]
    assert located(pages, "vendor", "Björk Trä AB", vendor_trading_name="Björk").raw == "BJÖRK"


def test_currency_is_found_as_code_or_symbol_beside_the_total():
    assert located([page((10, 50, "EUR 5,00"), (30, 50, "EUR 9,00"))], "currency", "EUR").box.y0 == 30
    assert located([page((10, 50, "€9,00"))], "currency", "EUR").raw == "€9,00"
    assert located([page((10, 50, "9,00"))], "currency", "XAF").page is None


def test_address_is_the_closest_group_of_its_parts():
    rows = [
        (10, 50, "Am Kai 1"),
        (100, 50, "Nord GmbH"), (112, 50, "Am Kai 1"), (124, 50, "24103 Kiel"),
        (300, 50, "24103 Kiel"),
    ]  # fmt: skip
    found = located([page(*rows)], "address", "Am Kai 1, 24103 Kiel, DE")
    assert (found.box, found.raw) == (Box(50, 112, 107, 134), "Am Kai 1, 24103 Kiel")


@pytest.mark.parametrize("value", ["DE", "Am Kai 1, 99999 Anderswo, DE"])
def test_address_is_not_located_by_a_country_or_a_single_part(value):
    assert located([page((10, 50, "Am Kai 1 DE"))], "address", value).page is None


def test_line_items_are_found_as_rows_in_their_order():
    items = [{"description": "Pfand", "amount": "3.10"}, {"description": "Pils 20/0,5", "amount": "3.10"},
             {"description": "Pfand", "amount": "3.10"}]  # fmt: skip
    rows = [(10, 50, "Pfand siehe unten"), (100, 50, "Pfand", 300, "3,10"), (120, 50, "Pils 20/0,5", 300, "3,10"),
            (140, 50, "Pfand", 300, "3,10"), (200, 50, "Summe", 300, "9,30")]  # fmt: skip
    boxes = [item.box for item in locate(invoice(items), [page(*rows)]).line_items]
    assert boxes == [Box(50, 100, 324, 110), Box(50, 120, 324, 130), Box(50, 140, 324, 150)]


def test_line_item_whose_name_wraps_or_is_cut_is_found_by_its_beginning():
    items = [{"description": "Kunstrasen grün drei Meter breit und lang", "amount": "10.00"}]
    rows = [(100, 50, "Kunstrasen grün", 300, "10,00"), (112, 50, "drei M.")]
    (item,) = locate(invoice(items), [page(*rows)]).line_items
    assert (item.page, item.box) == (1, Box(50, 100, 330, 110))


def test_line_item_whose_amount_stands_a_row_lower_is_found():
    items = [{"description": "Beratung", "amount": "80.00"}, {"description": "Anfahrt", "amount": "80.00"}]
    rows = [(100, 50, "Beratung"), (115, 50, "1 Stunde", 300, "80,00"), (130, 50, "Anfahrt"), (145, 300, "80,00")]
    boxes = [item.box for item in locate(invoice(items), [page(*rows)]).line_items]
    assert boxes == [Box(50, 100, 330, 125), Box(50, 130, 330, 155)]


def test_line_item_without_its_amount_is_found_by_a_unique_description():
    items = [{"description": "Kostenlose Zugabe", "amount": "0.00"}, {"description": "Zweimal", "amount": "1.00"}]
    pages = [page((100, 50, "Kostenlose Zugabe gratis"), (120, 50, "Zweimal"), (140, 50, "Zweimal"))]
    first, second = locate(invoice(items), pages).line_items
    assert (first.box, second.page) == (Box(50, 100, 149, 110), None)


def test_line_item_that_says_nothing_is_nowhere():
    (item,) = locate(invoice([{"description": None}]), [page((10, 50, "Ware"))]).line_items
    assert item.page is None


def test_two_thousand_equal_lines_are_located_in_their_order_and_the_rest_left():
    rows = [(20 + 15 * row, 50, "Strom Zone", 400, "10,00") for row in range(50)]
    pages = [page(*rows, number=number + 1) for number in range(41)]
    items = locate(invoice([{"description": "Strom Zone", "amount": "10.00"}] * 2050), pages).line_items
    assert [item.page for item in items] == [index // 50 + 1 for index in range(2000)] + [None] * 50


def test_taxes_are_located_by_the_rows_of_base_and_tax():
    taxes = [{"rate": "7", "base": "160.00", "tax": "11.20"}, {"rate": "19", "base": "336.00", "tax": "63.84"}]
    rows = [(10, 50, "160,00"), (100, 50, "160,00", 300, "11,20"), (120, 50, "336,00", 300, "63,84")]
    found = located([page(*rows)], "taxes", taxes)
    assert (found.box, found.raw) == (Box(50, 100, 330, 130), "160,00 11,20 336,00 63,84")


def test_tax_without_its_base_is_located_alone_but_not_if_zero():
    rows = page((10, 50, "USt 63,84"), (30, 50, "0,00"))
    assert located([rows], "taxes", [{"base": "336.00", "tax": "63.84"}]).box.y0 == 10
    assert located([rows], "taxes", [{"base": "336.00", "tax": "0.00"}]).page is None


def test_without_words_nothing_changes():
    extraction = invoice(total="9.00")
    assert locate(extraction, []) is extraction
    assert locate(extraction, [PageReading(1, source="markup", markdown="9,00")]) is extraction


def test_whole_sample_is_located():
    path = FOLDER / "factur-x.pdf"
    pages = [pdf.read(str(path), 1)]
    extraction = locate(parse(find_xml(path, "application/pdf")), pages)
    assert all(found.page == 1 and found.raw for found in extraction.fields.values())
    assert (extraction.fields["total"].raw, extraction.fields["date"].raw) == ("559,15", "14.03.2025")
    tops = [item.box.y0 for item in extraction.line_items]
    assert tops == sorted(set(tops))
    assert mismatches(extraction, pages) == []


def test_key_values_that_no_page_shows_are_warned_about():
    pages = [page((10, 50, "Rechnung R1 vom 05.06.2018")), page((10, 50, "Gesamt 99,00"), number=2)]
    (issue,) = mismatches(invoice(invoice_number="R1", date="2018-06-05", total="119.00", tax="19.00"), pages)
    assert (issue.code, issue.severity, issue.fields) == ("xml_not_on_page", "warning", ("total",))
    assert "119.00" in issue.detail


@pytest.mark.parametrize("pages", [[], [PageReading(1)], [page((10, 50, "x")), PageReading(2, error="page_timeout")]])
def test_nothing_is_claimed_of_pages_that_were_not_read(pages):
    assert mismatches(invoice(total="119.00"), pages) == []
