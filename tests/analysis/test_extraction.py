from pathlib import Path

import pytest

from analysis import document_types
from analysis.document_types import DocumentType, FieldSpec
from analysis.extraction import extract
from documents.errors import InvalidInput
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

SAMPLES = Path(__file__).parents[2] / "documents" / "samples"
INVOICE = """
Seller GmbH · Ecke 12 · 12345 Stadthausen

Theodor Est                 Rechnungsnummer: 17
Bahnstr. 42                 Rechnungsdatum: 01.02.2024
88802 Spielkreis

Nettobetrag    100,00 €
USt. 19 %       19,00 €
Gesamtbetrag   119,00 €
"""
RECEIPT = (
    "CORNER SHOP\n5 Mill Street\n18/01/2018 10:30\nCashier: 4\nMilk    1.20\nTOTAL   1.20\nCASH    2.00\nCHANGE  0.80"
)


@pytest.fixture
def ubl():
    return (SAMPLES / "ubl.xml").read_bytes()


@pytest.mark.parametrize(
    ("drawing", "kind"), [(INVOICE, "invoice"), (RECEIPT, "receipt"), ("Dear Ada,\nall is well.", "other")]
)
def test_type_is_detected_from_the_words(drawing, kind):
    assert document_types.detect([page(drawing)]) == kind
    assert extract([page(drawing)]).document_type == kind


def test_no_pages_are_of_no_known_type():
    assert document_types.detect([]) == "other"
    assert extract([]).fields == {}


def test_caller_forces_the_type():
    extraction = extract([page(RECEIPT)], kind="invoice")
    assert extraction.document_type == "invoice"
    assert extract([page(RECEIPT)], kind="other").fields == {}


def test_rules_and_the_model_read_what_has_no_xml():
    fields = extract([page(INVOICE)]).fields
    assert (fields["vendor"].value, fields["total"].value) == ("Seller GmbH", "119.00")
    assert {found.source for found in fields.values()} <= {"rules", "learned"}


def test_xml_wins_over_rules_and_is_compared_with_the_page(ubl):
    extraction = extract([page(INVOICE)], xml=ubl)
    assert {found.source for found in extraction.fields.values()} == {"xml"}
    assert extraction.fields["vendor"].value == "Fjordlys Interiør AS"
    assert {issue.code for issue in extraction.issues} == {"xml_not_on_page"}


def test_broken_xml_falls_back_to_the_page_with_an_issue(ubl):
    extraction = extract([page(INVOICE)], xml=ubl[:200])
    (issue,) = extraction.issues
    assert (issue.code, issue.severity) == ("xml_unusable", "warning")
    assert extraction.fields["total"].value == "119.00"


def test_broken_xml_without_a_page_is_an_error(ubl):
    with pytest.raises(InvalidInput):
        extract([PageReading(1, source="markup", markdown="rest")], xml=ubl[:200])


def test_types_are_found_by_name():
    assert {"invoice", "receipt", "insurance_policy"} < set(document_types.names())
    assert document_types.names()[-1] == "other"
    assert document_types.get("invoice").fields["total"].required
    with pytest.raises(KeyError):
        document_types.get("payslip")


def test_a_type_without_a_reader_is_read_by_its_labels(monkeypatch):
    payslip = DocumentType("payslip", "Payslip", {"net_pay": FieldSpec("amount", "Net pay")}, {"payslip": 1.5})
    types = document_types.all() | {"payslip": payslip}
    monkeypatch.setattr(document_types, "all", lambda: types)
    extraction = extract([page("Payslip May 2024\nNet pay   2,345.67")])
    assert extraction.document_type == "payslip"
    assert extraction.fields["net_pay"].value == "2345.67"
