from analysis.document_types import FieldSpec
from analysis.rules.labelled import extract_labelled
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

FIELDS = {
    "employee": FieldSpec("text", "Employee", hints=("staff member",)),
    "period": FieldSpec("date", "Pay date"),
    "net_pay": FieldSpec("amount", "Net pay"),
    "iban": FieldSpec("iban", "IBAN"),
    "currency": FieldSpec("currency", "Currency"),
}
PAYSLIP = """
Staff member:  Ada Lovelace     Pay date
                                31.05.2024
Net pay:       2.345,67 EUR
IBAN:          DE08 7009 0100 1234 5678 90
"""


def test_fields_of_a_new_type_are_found_by_label_and_type():
    found = extract_labelled([page(PAYSLIP)], FIELDS)
    assert {name: f.value for name, f in found.items()} == {
        "employee": "Ada Lovelace",
        "period": "2024-05-31",
        "net_pay": "2345.67",
        "iban": "DE08700901001234567890",
        "currency": "EUR",
    }
    assert found["employee"].box.x0 == 15 * 6


def test_fields_of_text_without_pages_have_no_box():
    found = extract_labelled([PageReading(1, source="markup", markdown="Net pay: 12.00\n\nEmployee:")], FIELDS)
    assert found["net_pay"].value == "12.00"
    assert found["net_pay"].box is None
    assert "employee" not in found


def test_a_type_without_fields_finds_nothing():
    assert extract_labelled([page(PAYSLIP)], {}) == {}
