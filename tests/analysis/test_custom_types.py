"""Document types that operators define: checked, known to all within seconds, read by their labels and values."""

from types import SimpleNamespace

import pytest

from analysis import checks, custom_types, document_types, review
from analysis.custom_types import field_problems, name_problem, phrase_problems
from analysis.extraction import extract
from analysis.findings import Extraction
from analysis.models import CustomType
from documents import tenancy
from documents.errors import Conflict
from tests.admin.conftest import make_case
from tests.analysis.rules.drawing import page

FIELDS = [
    {"name": "batch", "label": "Batch", "type": "text", "examples": ["LOT/77/A"]},
    {
        "name": "delivery_number",
        "label": "Delivery number",
        "type": "code",
        "required": True,
        "examples": ["DN-2024-001"],
    },
    {"name": "net_weight", "label": "Net weight", "type": "number", "hints": ["Nettogewicht"]},
    {"name": "fragile", "label": "Fragile", "type": "boolean"},
    {"name": "contact", "label": "Contact", "type": "email", "description": "whom to ask"},
    {"name": "hotline", "label": "Hotline", "type": "phone"},
]
NOTE = """
Packing Slip        LOT/1002/C

Delivery No.: DN-2031-774     Nettogewicht     Fragile
                              12,50 kg         Yes
Hotline: +49 (0)30 123-4567
Questions? ask@stockroom.example
"""


@pytest.fixture
def note(db):
    custom_types.forget()
    row = CustomType.objects.create(name="delivery_note", label="Note", evidence=["packing slip"], fields=FIELDS)
    yield row
    custom_types.forget()


def test_a_document_is_taken_for_the_type_and_read_by_its_labels(note):
    found = extract([page(NOTE)])
    assert found.document_type == "delivery_note"
    assert {name: one.value for name, one in found.fields.items()} == {
        "batch": "LOT/1002/C",
        "delivery_number": "DN-2031-774",
        "net_weight": "12.50",
        "fragile": "true",
        "contact": "ask@stockroom.example",
        "hotline": "+49301234567",
    }
    assert found.fields["delivery_number"].confidence > found.fields["contact"].confidence


def test_what_is_required_and_not_found_is_a_warning(note):
    issues = checks.validate(extract([page("Packing slip\nNet weight: 3")])).issues
    assert [(one.code, one.fields) for one in issues] == [("missing_field", ("delivery_number",))]


def test_a_change_is_seen_once_what_is_known_is_old(note, monkeypatch):
    assert document_types.get("delivery_note").label == "Note"
    CustomType.objects.update(label="Packing list")
    assert document_types.get("delivery_note").label == "Note"
    monkeypatch.setattr(custom_types, "FRESH_S", 0)
    assert document_types.get("delivery_note").label == "Packing list"


def test_many_questions_cost_one_query(note, django_assert_num_queries):
    with django_assert_num_queries(1):
        for _ in range(5):
            document_types.names()
            document_types.detect([page(NOTE)])


def test_a_type_that_stays_keeps_what_it_worked_out(note):
    before = document_types.get("delivery_note")
    custom_types.refresh()
    assert document_types.get("delivery_note") is before


def test_without_a_transaction_nothing_is_asked(note, monkeypatch):
    document_types.all()
    monkeypatch.setattr(custom_types, "connection", SimpleNamespace(in_atomic_block=False))
    monkeypatch.setattr(custom_types, "FRESH_S", 0)
    CustomType.objects.update(label="Packing list")
    assert document_types.get("delivery_note").label == "Note"


def test_built_in_types_can_not_be_replaced(note):
    CustomType.objects.create(name="invoice", label="Mine", fields=FIELDS)
    custom_types.forget()
    assert document_types.get("invoice").label == "Invoice"


def test_switched_off_it_is_offered_and_detected_no_more(note):
    CustomType.objects.update(active=False)
    custom_types.forget()
    assert "delivery_note" not in document_types.names()
    assert document_types.detect([page(NOTE)]) == "other"
    assert document_types.get("delivery_note").fields["net_weight"].type == "number"


def make_note(person):
    case = make_case(person)
    case.result.fields.all().delete()
    case.result.document_type = "delivery_note"
    case.result.save()
    return case


def test_results_of_a_type_that_was_switched_off_are_still_corrected(note, anna):
    CustomType.objects.update(active=False)
    custom_types.forget()
    with tenancy.as_user(anna.user):
        result = make_note(anna).result
        changed = review.correct(
            result.pk, {"net_weight": "12,5", "fragile": "Ja"}, user=anna.user, expected_version=result.version
        )
        assert {one.name: one.value for one in changed.fields.all()} == {"net_weight": "12.5", "fragile": "true"}


def test_results_of_a_type_that_was_deleted_stay(note, anna):
    CustomType.objects.all().delete()
    custom_types.forget()
    assert checks.validate(Extraction("delivery_note")).is_valid
    assert review.field_types("delivery_note") == {}
    assert extract([page(NOTE)], kind="delivery_note").document_type == "delivery_note"
    with tenancy.as_user(anna.user):
        result = make_note(anna).result
        with pytest.raises(Conflict, match="Define it again"):
            review.correct(result.pk, {"net_weight": "1"}, user=anna.user, expected_version=result.version)


@pytest.mark.parametrize("name", ["Note", "2nd", "a-b", "", "x" * 41, "invoice", "other"])
def test_names_that_can_not_be(name):
    assert name_problem(name)


def test_a_name_that_can_be():
    assert not name_problem("delivery_note")


@pytest.mark.parametrize("phrases", [["x" * 201], ["--"], [f"phrase {n}" for n in range(41)]])
def test_phrases_that_can_not_be(phrases):
    assert phrase_problems(phrases)


GOOD = {"name": "weight", "label": "Weight", "type": "number"}


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ([], (None, "")),
        ([GOOD, GOOD], (0, "name")),
        ([GOOD | {"name": "Net weight"}], (0, "name")),
        ([GOOD | {"name": "line_items"}], (0, "name")),
        ([GOOD, GOOD | {"name": "b", "type": "taxes"}], (1, "type")),
        ([GOOD | {"label": " "}], (0, "label")),
        ([GOOD | {"examples": ["x" * 201]}], (0, "examples")),
        ([GOOD | {"hints": [f"w {n}" for n in range(41)]}], (0, "hints")),
        ([GOOD | {"name": f"w{n}"} for n in range(61)], (None, "")),
    ],
)
def test_fields_that_can_not_be(fields, at):
    assert at in [(problem.row, problem.key) for problem in field_problems(fields)]


def test_fields_that_can_be():
    assert field_problems(FIELDS) == []
