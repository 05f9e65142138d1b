from dataclasses import replace

import pytest

from analysis.rules.parties import find_parties
from analysis.rules.sheet import Sheet
from documents.pages import Word
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


def test_american_house_numbers_are_no_postcodes():
    found = parties("ECC Consulting, Inc. · 1600 Oak Ave, Suite 16 · San Diego, CA 80343 · USA\n\nInvoice 17")
    assert (found["vendor"], found["address"]) == (
        "ECC Consulting, Inc.",
        "1600 Oak Ave, Suite 16, San Diego, CA 80343, USA",
    )


def test_a_town_above_its_postcode_belongs_to_the_address():
    found = parties(
        """
Harper & Collins Ltd
11 Quayside Walk
Riverside
Glasgow
SW9 8GF
Tel 0555 182639

Invoice 17
"""
    )
    assert found["address"] == "11 Quayside Walk, Riverside, Glasgow, SW9 8GF"


def test_without_labels_the_sender_comes_first():
    found = parties(
        """
Luc Renaud
Kaiserallee 134
6544 Bern



Blanchard & Dubois AG
Industrieweg 131
9353 Basel

Rechnung 17
"""
    )
    assert (found["vendor"], found["buyer"]) == ("Luc Renaud", "Blanchard & Dubois AG")


def test_who_stands_alone_above_the_lines_is_the_addressee_where_the_foot_names_another():
    blank = "\n" * 48
    found = parties(
        f"""
Nagel & Söhne GmbH
Am Markt 119
8170 Salzburg

Rechnung 17
{blank}
Sonnenhof OG
Industrieweg 17
2800 Wien
"""
    )
    assert (found["vendor"], found["buyer"]) == ("Sonnenhof OG", "Nagel & Söhne GmbH")


@pytest.mark.parametrize("line", ["z. Hd. Anna Vogel", "Attn: Anna Vogel", "t.a.v. Anna Vogel", "c.a. Anna Vogel"])
def test_a_line_for_somebodys_attention_shows_the_addressee(line):
    found = parties(
        f"""
Hafenkante GmbH
{line}
Im Tal 33
12345 Kiel



Sanne Bakker
Stationsplein 107
54321 Haag
"""
    )
    assert (found["vendor"], found["buyer"]) == ("Sanne Bakker", "Hafenkante GmbH")


@pytest.mark.parametrize(("seller", "buyer"), [("From", "To"), ("Von:", "An:"), ("Da:", "A:"), ("De :", "À :")])
def test_lone_words_say_who_it_is_from_and_for(seller, buyer):
    found = parties(
        f"""
{buyer:<25}{seller}
Hafenkante GmbH          Sanne Bakker
Im Tal 33                Stationsplein 107
12345 Kiel               54321 Haag
"""
    )
    assert (found["vendor"], found["buyer"]) == ("Sanne Bakker", "Hafenkante GmbH")


def test_a_firm_that_is_addressed_so_is_named_without_the_word():
    found = parties("Rechnung an:\nFirma Nagel GmbH\nAm Markt 119\n81700 Salzburg")
    assert found["buyer"] == "Nagel GmbH"


@pytest.mark.parametrize(
    "letterhead",
    [
        f"{'James Stone':^41}\n{'6 Harcourt Street':^41}\n{'12345 Essen':^41}\n{'Tel +44 20 708692':^41}",
        f"{'James Stone':>40}\n{'6 Harcourt Street':>40}\n{'12345 Essen':>40}\n{'Tel +44 20 708692':>40}",
        "James Stone\n6 Harcourt Street · 12345 Essen · Tel +44 20 70 86",
    ],
    ids=["centred", "at the right edge", "in a line"],
)
def test_letterheads(letterhead):
    found = parties(letterhead + "\n\n\nBill to:\nArchitects Ellis Limited\n136 Main Street\nD05 X7Y6\n\nInvoice 17")
    assert (found["vendor"], found["buyer"]) == ("James Stone", "Architects Ellis Limited")
    assert found["address"] == "6 Harcourt Street, 12345 Essen"


def test_an_address_below_a_name_in_large_letters():
    drawn = page(
        "\n\n\n68 Harcourt Street\nD04 X9Y1\nTel +44 20 708692\n\nInvoice 17\n\n\n\n\n\nJames Stone\nInvoice 17"
    )
    words = [Word("James", 0, 0, 60, 24, 1.0), Word("Stone", 66, 0, 130, 24, 1.0)]
    lowered = [word._replace(y0=word.y0 + 52, y1=word.y1 + 52) for word in drawn.words]
    found = find_parties(Sheet.of([replace(drawn, words=(*words, *lowered))]))
    assert (found["vendor"].value, found["address"].value) == ("James Stone", "68 Harcourt Street, D04 X9Y1")


def test_of_two_blocks_the_one_with_the_tax_number_is_the_senders():
    drawing = """
Elena Serrano
Calle Mayor 75
34404 Sevilla



Diego Prieto
Calle Nueva 42
69001 Sevilla
N.I.F.: B91307151

Factura 17
"""
    found = parties(drawing)
    assert (found["vendor"], found["buyer"]) == ("Diego Prieto", "Elena Serrano")
