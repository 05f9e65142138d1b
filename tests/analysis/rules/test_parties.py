import pytest

from analysis.rules.parties import find_parties, is_name, tidy_name
from analysis.rules.sheet import Sheet
from tests.analysis.rules.drawing import page


def parties(drawing):
    return {name: found.value for name, found in find_parties(Sheet.of([page(drawing)])).items()}


def test_letter_with_sender_line_and_window():
    found = parties(
        """
Seller GmbH · Ecke 12 · 12345 Stadthausen

Theodor Est                    Rechnung 17
Bahnstr. 42                    Datum 01.02.2024
88802 Spielkreis
"""
    )
    assert found == {
        "vendor": "Seller GmbH",
        "address": "Ecke 12, 12345 Stadthausen",
        "buyer": "Theodor Est",
        "buyer_address": "Bahnstr. 42, 88802 Spielkreis",
    }


def test_labelled_blocks_even_without_a_gap_between_them():
    found = parties(
        """
Verkäufer:
Nummer : 549910
Lieferant GmbH
Lieferantenstraße 20
DE 80333 München
Käufer:
Kunden AG Mitte
Hans Muster
Kundenstraße 15
DE 69876 Frankfurt
"""
    )
    assert found["vendor"] == "Lieferant GmbH"
    assert found["address"] == "Lieferantenstraße 20, DE 80333 München"
    assert found["buyer"] == "Kunden AG Mitte"
    assert found["buyer_address"] == "Kundenstraße 15, DE 69876 Frankfurt"


def test_letterhead_beside_bill_to():
    found = parties(
        """
Northwind Traders Ltd
5 Harbour Road
M1 1AA Manchester
www.northwindtraders.example


Bill To:              Ship To:
Contoso Ltd           Warehouse 7
9 Mill Lane           9 Dock Lane
B2 4QA Birmingham     B2 4QA Birmingham
"""
    )
    assert (found["vendor"], found["address"]) == ("Northwind Traders Ltd", "5 Harbour Road, M1 1AA Manchester")
    assert (found["buyer"], found["buyer_address"]) == ("Contoso Ltd", "9 Mill Lane, B2 4QA Birmingham")


def test_buyer_beside_its_label():
    assert parties("ACME\n\nCustomer: Sharp Consulting   Address: 73 Regal Way")["buyer"] == "Sharp Consulting"
    assert parties("ACME\n\nCustomer:   White Triangle\nAddress:    Unit 1, Rotherham")["buyer"] == "White Triangle"


def test_country_belongs_to_the_address():
    found = parties("Global Goods Inc. · 789 Commerce Street · 10115 Berlin · Germany · Tel 0123")
    assert found["address"] == "789 Commerce Street, 10115 Berlin, Germany"


def test_web_address_tells_the_vendor():
    found = parties("WIDGETS FOR ALL\n\n\nBlue Kettle\n\n\nBig savings inside\n\n\nwww.bluekettle.example")
    assert found["vendor"] == "Blue Kettle"


def test_nobody_is_found_on_a_page_of_numbers():
    assert parties("12.50\n17.30") == {}


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("ABC TRADING (801580-T)", "ABC TRADING"),
        ("YONG S0ON FATT 5/B", "YONG SOON FATT S/B"),
        ("#0002 BAIFU SDN BHD", "BAIFU SDN BHD"),
        ("99 SPEED MART S/D 519537-X)", "99 SPEED MART S/B"),
        ("Studio 54321", "Studio 54321"),
    ],
)
def test_names_are_tidied(printed, name):
    assert tidy_name(printed) == name


@pytest.mark.parametrize(
    "text", ["Tel: 0123", "12345 Stadthausen", "Germany", "Invoice date:", "Unit 1", "(not a name)", "17"]
)
def test_what_is_no_name(text):
    assert not is_name(text)


def test_labels_of_a_form_are_no_part_of_names_and_addresses():
    found = parties(
        """
Harbour Hospital                     INVOICE
Name: Mateo Keys
Street Address: 98 Healthcare Ave
City, State: Anytown, CA
ZIP Code: 92126

Bill To
Name: John Doe
Street Address: 123 Any Street
ZIP Code: 92127
"""
    )
    assert (found["vendor"], found["buyer"]) == ("Harbour Hospital", "John Doe")
    assert found["buyer_address"] == "123 Any Street, 92127"
