"""Values that are asked for by name, told by the documents' fields."""

import pytest

from analysis.answers import asking, fields
from analysis.models import Field
from documents import tenancy
from tests.analysis.answers.test_computing import paper

pytestmark = pytest.mark.django_db

IBAN = "DE89370400440532013000"


@pytest.fixture
def bill(anna):
    paper(anna, 1, vendor="Brückner & Söhne OG", due_date="2024-04-04", invoice_number="HP-1092", buyer="Tea Ltd")
    paper(anna, 2, vendor="Lindenhof Papeterie GmbH", iban=IBAN, review="pending", date="2024-02-01")
    return paper(anna, 3, vendor="Lindenhof Papeterie GmbH", iban=IBAN[::-1], date="2024-06-01")


def answer(question, person, **options):
    with tenancy.as_user(person.user):
        return fields.answer(question, **options)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("When is the invoice of Brückner due?", "2024-04-04"),
        ("What's the due date of the Invoice from Brückner & Söhne OG?", "2024-04-04"),
        ("Wann ist die Rechnung von Brückner fällig?", "2024-04-04"),
        ("Who is the buyer of invoice HP-1092?", "Tea Ltd"),
        ("Wer ist der Käufer der Rechnung HP-1092?", "Tea Ltd"),
        ("What is the total of invoice HP-1092?", "100.00"),
        ("what's the total of invoice hp-1092", "100.00"),
        ("invoice number of Brückner", "HP-1092"),
        ("Who is the vendor of invoice number HP-1092?", "Brückner & Söhne OG"),
        ("IBAN of Lindenhof in February 2024", f"{IBAN} (not reviewed yet)"),
        ("Which IBAN does Lindenhof have in February 2024?", f"{IBAN} (not reviewed yet)"),
        ("Welche Rechnungsnummer hat Brückner?", "HP-1092"),
        ("Brückner's invoice number", "HP-1092"),
    ],
)
def test_a_field_is_told(anna, bill, question, said):
    found = answer(question, anna)
    assert found.text == said
    [citation] = found.citations
    assert found.text[citation.start : citation.end] == citation.quote
    assert citation.boxes == [{"page": 1, "box": [1, 2, 3, 4]}]


def test_several_documents_are_told_apart_the_latest_first(anna, bill):
    found = answer("Welche IBAN hat Lindenhof?", anna)
    assert found.text.splitlines() == [
        f"{IBAN[::-1]} (Lindenhof Papeterie GmbH · 3.pdf)",
        f"{IBAN} (Lindenhof Papeterie GmbH · 2.pdf, noch nicht geprüft)",
    ]
    assert [found.text[one.start : one.end] for one in found.citations] == [IBAN[::-1], IBAN]


def test_many_are_not_all_told(anna, bill):
    for number in range(10, 17):
        paper(anna, number, vendor="Lindenhof Papeterie GmbH", iban=f"{IBAN[:-2]}{number}")
    assert answer("IBAN of Lindenhof", anna).text.splitlines()[-1] == "and 4 more"


def test_the_same_value_is_told_once_from_a_document_that_was_looked_at(anna, bill):
    for number, review in ((10, "pending"), (11, "approved")):
        paper(anna, number, vendor="Acme Ltd", iban=IBAN, review=review, date=f"2024-05-{30 - number}")
    found = answer("IBAN of Acme", anna)
    assert (found.text, found.citations[0].filename) == (IBAN, "11.pdf")


@pytest.mark.parametrize(
    "question",
    [
        "When is the invoice due?",  # whose?
        "What is the IBAN of Brückner?",  # it has none
        "How many pumps are due from Brückner?",
        "When is the invoice of Brückner due for a repair?",
        "Who is the buyer of invoice XX-1?",
        "How heavy is the pump?",
    ],
)
def test_other_questions_are_for_the_text(anna, bill, question):
    assert answer(question, anna) is None


def test_documents_of_others_are_unknown_and_the_named_ones_alone_are_asked(anna, mallory, bill):
    assert answer("When is the invoice of Brückner due?", mallory) is None
    assert answer("Who is the buyer of invoice HP-1092?", mallory) is None
    assert answer("Who is the buyer of invoice HP-1092?", anna, documents=[bill.document_id]) is None
    assert answer("IBAN of Lindenhof", anna, documents=[bill.document_id]).text == IBAN[::-1]


def test_a_number_is_looked_up_by_its_index(anna, bill):
    others = [Field(workspace_id=anna.workspace.id, result=bill, name=f"number_{n}", value=n) for n in range(2000)]
    with tenancy.as_user(anna.user):
        Field.objects.bulk_create(others)
        plan = Field.objects.filter(number__in=["hp-1092", "hp-1093"]).explain()
    assert "analysis_field_number" in plan
    assert "Index Cond: ((number)" in plan


def test_it_comes_before_the_search(anna, bill):
    *_, done = asking.ask("When is the invoice of Brückner due?", user=anna.user)
    assert (done.data["mode"], done.data["answer"]) == ("extractive", "2024-04-04")
