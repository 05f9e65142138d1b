"""Anna's invoices, and what is worked out of them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from analysis.answers import asking, conversation, logbook
from analysis.answers.computing import answering, grammar
from analysis.answers.conversation import Thread
from analysis.models import Field, QueryLog, Result
from analysis.search import vendors
from documents import tenancy
from documents.models import Document
from jobs.models import Job, Status
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db


def paper(person, number, *, vendor="Kraxi GmbH", kind="invoice", review="approved", **values):
    """A result with these fields, of a document of its own; some are the result's own."""
    own = {name: values.pop(name) for name in ("automatic", "twin") if name in values}
    fields = {"vendor": vendor, "date": "2024-03-05", "total": "100.00", "tax": "19.00", "currency": "EUR"} | values
    workspace_id = person.workspace.id
    with tenancy.as_user(person.user):
        document = Document.objects.create(
            id=uuid.uuid5(workspace_id, f"paper {number}"),
            workspace_id=workspace_id,
            sha256=f"{number:064}",
            filename=f"{number}.pdf",
            media_type="application/pdf",
            size=1,
            storage_key=str(number),
        )
        job = Job.objects.create(workspace_id=workspace_id, document_id=document.id, kind="analyze", status=Status.DONE)
        result = Result.objects.create(
            id=job.id,
            workspace_id=workspace_id,
            job=job,
            document=document,
            document_type=kind,
            review_status=review,
            **own,
            issuer=vendors.issuer_name(vendor or ""),
            model_version="test",
        )
        place = {"page": 1, "box": [1, 2, 3, 4], "source": "rules"}
        Field.objects.bulk_create(
            Field(workspace_id=workspace_id, result=result, name=name, value=value, raw=value, **place)
            for name, value in fields.items()
            if value is not None
        )
    return result


@pytest.fixture
def papers(anna):
    first = paper(anna, 1)
    paper(anna, 2, date="2024-05-01", total="700.00", tax="133.00", review="pending")
    paper(anna, 3, vendor="Acme Ltd", total="50.50", tax="8.06", automatic=True)
    paper(anna, 4, vendor="Acme Ltd", total="20.00", tax=None, currency="USD")
    paper(anna, 5, kind="receipt", vendor="Baker", total="3.20", tax="0.20", date="2024-06-02")
    paper(anna, 6, twin=first)
    paper(anna, 7, date=None, total="9.00", tax="1.00")
    return first


def answer(question, person, *before, **options):
    with tenancy.as_user(person.user):
        return answering.answer(question, Thread(before, ("",) * len(before)), **options)


def totals(found):
    return {total["currency"]: total["value"] for total in found.computed["totals"]}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("VAT from Kraxi in the second quarter of 2024", {"EUR": "133.00"}),
        ("How much VAT did we pay to Kraxi GmbH in 2024?", {"EUR": "152.00"}),
        ("how many invoices from Kraxi over 500 in May 2024", {"": "1"}),
        ("How many invoices are there?", {"": "5"}),
        ("average total of receipts", {"EUR": "3.20"}),
        ("cheapest invoice of 2024", {"EUR": "50.50", "USD": "20.00"}),
        ("What is the most expensive invoice from Kraxi?", {"EUR": "700.00"}),
        ("Summe der Rechnungen von Kraxi", {"EUR": "809.00"}),
        ("Wie viele Rechnungen von Acme gibt es?", {"": "2"}),
        ("Wie hoch ist die Mehrwertsteuer von Acme im März 2024?", {"EUR": "8.06"}),
        ("sum of invoices in EUR in March 2024", {"EUR": "150.50"}),
        ("sum of invoices in dollars", {"USD": "20.00"}),
        ("How much did we spend at Acme?", {"EUR": "50.50", "USD": "20.00"}),
        ("total VAT of invoices in 2024", {"EUR": "160.06"}),
        ("Durchschnitt der Rechnungen von Kraxi im Jahr 2024", {"EUR": "400.00"}),
        ("How much did we pay Kraxi in May 2024?", {"EUR": "700.00"}),
        ("Kraxi's VAT in 2024", {"EUR": "152.00"}),
        ("Summe Rechnungen Kraxi 2024", {"EUR": "800.00"}),
        ("sum of kraxi gmbh invoices 2024", {"EUR": "800.00"}),
    ],
)
def test_what_is_asked_is_worked_out(anna, papers, question, expected):
    assert totals(answer(question, anna)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "VAT from Unknown Ltd in 2024",  # nobody of this name
        "What is the total of invoice 4711?",
        "How much water does the pump take?",
        "How many litres does the tank hold?",
        "Who is the vendor with the highest turnover in tax law?",
        "sum of invoices from Kraxi without the cancelled ones",
        "total",
        "What is VAT?",
        "Why is the total of Kraxi so high?",
        "average age of employees",
        "total of invoices from Kraxi and Acme",  # two vendors: one alone would be wrong
        "How much did we pay for acme in May 2024?",
    ],
)
def test_what_is_not_wholly_understood_is_not_computed(anna, papers, question):
    assert answer(question, anna) is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Summe der Rechnungen von Niemand GmbH", "Kein Dokument ist von einem Lieferanten namens Niemand GmbH."),
        ("total of invoices from Nobody & Sons in 2024", "No document is of a vendor named Nobody & Sons."),
        ("How many receipts from Nobody?", "No document is of a vendor named Nobody."),
    ],
)
def test_that_a_vendor_is_not_there_is_said(anna, papers, question, said):
    found = answer(question, anna)
    assert (found.text, found.citations) == (said, [])


def test_a_vendor_may_be_called_by_the_first_words_of_its_name(anna, papers):
    paper(anna, 8, vendor="Lindenhof Papeterie GmbH", total="10.00")
    paper(anna, 9, vendor="Lindenhofer", total="1.00")
    assert totals(answer("total of invoices from Lindenhof", anna)) == {"EUR": "10.00"}
    assert totals(answer("total of invoices from Lindenhof Papeterie", anna)) == {"EUR": "10.00"}
    assert answer("total of invoices from Papeterie", anna).text == "No document is of a vendor named Papeterie."
    paper(anna, 10, vendor="Lindenhof", total="5.00")  # whoever has the very name is meant
    assert totals(answer("total of invoices from Lindenhof", anna)) == {"EUR": "5.00"}


def test_a_common_word_is_a_vendor_only_where_vendors_stand(anna, papers):
    paper(anna, 8, vendor="Post AG", total="10.00")
    paper(anna, 9, vendor="Hagen & Co KG", total="5.00")
    assert totals(answer("total of invoices from Post", anna)) == {"EUR": "10.00"}
    assert totals(answer("Post's invoices altogether", anna)) == {"EUR": "10.00"}
    assert answer("How much did we spend on post in 2024?", anna) is None
    assert answer("Wie viel haben wir für Post bezahlt?", anna) is None
    assert totals(answer("Summe Hagens Rechnungen", anna)) == {"EUR": "5.00"}


def test_an_insurer_is_the_vendor_of_a_policy(anna, papers):
    for number, insurer in ((8, "Nordlicht Versicherung AG"), (9, "Nordlichter"), (10, "Wüstenrot")):
        policy = {"insurer": insurer, "premium": f"{number}.00"}
        paper(anna, number, kind="insurance_policy", vendor=None, total=None, tax=None, date=None, **policy)
    assert totals(answer("premiums of policies from Nordlicht", anna)) == {"EUR": "8.00"}
    assert totals(answer("sum of premiums from wüstenrot", anna)) == {"EUR": "10.00"}


@pytest.mark.parametrize("question", ["How many invoices from Germany?", "Summe der Rechnungen von Graz in 2024"])
def test_a_place_is_no_unknown_vendor(anna, papers, question):
    paper(anna, 8, address="Hauptplatz 1, 8010 Graz", date="2024-01-01")
    assert answer(question, anna) is None
    assert "namens Gra." in answer("Summe der Rechnungen von Gra", anna).text


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("Kraxi's invoices over 500", ["2"]),
        ("list all invoices from Acme", ["3", "4"]),
        ("Which receipts do I have?", ["5"]),
        ("Zeige alle Rechnungen von Acme", ["3", "4"]),
        ("invoices in May 2024", ["2"]),
        ("Which invoices from Kraxi are unreviewed?", ["2"]),
        ("geprüfte Rechnungen von Kraxi", ["7", "1"]),
        ("latest invoice", ["2"]),
        ("What is the oldest invoice from Acme?", ["3", "4"]),
        ("letzte Rechnung von Kraxi", ["2"]),
        ("last 2 invoices from Kraxi", ["1", "2"]),
        ("die zwei ältesten Rechnungen", ["1", "3", "4"]),
    ],
)
def test_documents_are_listed(anna, papers, question, files):
    found = answer(question, anna)
    assert [one["filename"].removesuffix(".pdf") for one in found.computed["addends"]] == files


def test_a_list_says_what_it_comes_to(anna, papers):
    assert answer("list all invoices from Acme", anna).text == "2 invoices from Acme: 50.50 EUR and 20.00 USD."
    assert answer("latest invoice from Kraxi", anna).text.startswith(
        "Latest invoice from Kraxi: 700.00 EUR (Kraxi GmbH, 2024-05-01)."
    )
    paper(anna, 8, vendor="Silent", total=None, date="2025-01-01")
    assert answer("invoices from Silent", anna).text == "1 invoice from Silent."
    assert answer("newest invoice", anna).text.startswith("Latest invoice: Silent, 2025-01-01.")
    assert answer("invoices between 600 and 800 euros", anna).text.startswith(
        "1 invoice with a total of at least 600.00 and of at most 800.00 in EUR: 700.00 EUR."
    )
    assert answer("list invoices from Kraxi in 2019", anna).text.startswith("There are no invoices from Kraxi")


@pytest.mark.parametrize(
    "question",
    ["invoices", "What is an invoice?", "the bill", "policy of Acme", "What documents are needed?", "last chapter",
     "invoice 2024", "Which documents do I send?", "How much is paid?", "How much premium do I pay?",
     "documents of Nobody Special", "How many suppliers and dealers?"],
)  # fmt: skip
def test_what_asks_for_no_documents_is_no_list(anna, papers, question):
    assert answer(question, anna) is None


def test_so_many_of_the_most_are_told(anna, papers):
    assert answer("top 2 invoices from Kraxi", anna).text.startswith(
        "Highest total of 3 invoices from Kraxi: 700.00 EUR (Kraxi GmbH, 2024-05-01) and 100.00 EUR (Kraxi GmbH, "
    )
    assert "700,00 EUR (Kraxi GmbH, 2024-05-01)." in answer("Was ist die größte Rechnung von Kraxi?", anna).text
    assert (
        "9.00 EUR (Kraxi GmbH, 7.pdf) and 50.50 EUR" in answer("What are the two cheapest invoices in EUR?", anna).text
    )
    assert answer("sum of 2 invoices from Kraxi", anna) is None
    assert answer("Summe der Dokumente von Baker", anna).text.startswith("Gesamtbetrag von 1 Dokument von Baker:")
    assert "3 Lieferanten von 6 Dokumenten." in answer("Welche Lieferanten haben wir?", anna).text


def test_what_is_due_is_told_by_its_due_date(anna, papers):
    today = timezone.localdate()
    for number, days in ((8, -40), (9, 0), (10, 400)):
        paper(anna, number, vendor="Lindenhof", date="2024-01-01", due_date=str(today + timedelta(days)))
    overdue = answer("Which invoices are overdue?", anna)
    assert [one["filename"] for one in overdue.computed["addends"]] == ["8.pdf"]
    assert overdue.computed["addends"][0]["due_date"] == str(today - timedelta(40))
    assert overdue.text.startswith("1 invoice due before ")
    assert "no due date: 6." in overdue.text
    assert overdue.text.endswith("Whether they were paid is not known.")
    assert totals(answer("sum of invoices due this week", anna)) == {"EUR": "100.00"}
    assert totals(answer("How many invoices of Lindenhof are due?", anna)) == {"": "2"}
    assert "fällig vor dem" in answer("Welche Rechnungen sind überfällig?", anna).text
    assert answer("invoices due in 2019", anna).text.startswith(
        "There are no invoices due Jan 1, 2019 to Dec 31, 2019."
    )
    assert [one["op"] for one in overdue.computed["conditions"]] == ["<"]


def test_vendors_are_listed_and_counted(anna, papers):
    found = answer("Which vendors do we have?", anna)
    assert found.text.splitlines() == [
        "3 vendors of 6 documents. A duplicate was counted once.",
        "Acme Ltd: 2", "Baker: 1", "Kraxi GmbH: 3",
    ]  # fmt: skip
    assert totals(answer("How many suppliers are there in 2024?", anna)) == {"": "3"}
    assert "3 vendors" in answer("Who are our suppliers?", anna).text


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much did we spend in total?", {"EUR": "862.70", "USD": "20.00"}),
        ("average total by month", {"EUR": "172.54", "USD": "20.00"}),
        ("receipts by month", {"EUR": "3.20"}),
        ("total by vendor", {"EUR": "862.70", "USD": "20.00"}),
        ("Wie viele Dokumente habe ich?", {"": "6"}),
        ("How many invoices did Kraxi send in 2024?", {"": "2"}),
        ("How many invoices are unreviewed?", {"": "1"}),
        ("Do I have invoices from 2024?", {"EUR": "850.50", "USD": "20.00"}),
        ("How many invoices between March 2024 and May 2024?", {"": "4"}),
        ("total amount for Kraxi", {"EUR": "809.00"}),
        ("How much did Kraxi charge us so far?", {"EUR": "809.00"}),
        ("Was kosten die Rechnungen von Acme?", {"EUR": "50.50", "USD": "20.00"}),
        ("how many files do i have", {"": "6"}),
        ("How much VAT did we pay?", {"EUR": "161.26"}),
    ],
)
def test_everyday_questions_are_understood(anna, papers, question, expected):
    assert totals(answer(question, anna)) == expected


def test_currencies_are_never_added(anna, papers):
    found = answer("sum of invoices from Acme", anna)
    assert totals(found) == {"EUR": "50.50", "USD": "20.00"}
    assert "50.50 EUR and 20.00 USD" in found.text


def test_each_addend_says_where_it_is_and_who_looked_at_it(anna, papers):
    found = answer("tax of invoices in 2024", anna)
    by_file = {one["filename"]: one for one in found.computed["addends"]}
    assert {name: one["review"] for name, one in by_file.items()} == {
        "1.pdf": "person",
        "2.pdf": "none",
        "3.pdf": "thresholds",
    }
    assert (by_file["2.pdf"]["value"], by_file["2.pdf"]["page"], by_file["2.pdf"]["box"]) == ("133.00", 1, [1, 2, 3, 4])
    assert found.computed["totals"][0]["unreviewed"] == {"count": 1, "value": "133.00"}
    assert "Of these, 1 unreviewed: 133.00 EUR." in found.text
    assert len(found.citations) == 3
    assert found.citations[0].boxes == [{"page": 1, "box": [1, 2, 3, 4]}]
    assert found.text[: found.citations[0].end].endswith("160.06 EUR.")


def test_what_says_the_same_is_counted_once(anna, papers):
    found = answer("sum of invoices from Kraxi in March 2024", anna)
    assert (totals(found), found.computed["duplicates"]) == ({"EUR": "100.00"}, 1)
    assert "A duplicate was counted once." in found.text


def test_what_is_left_out_is_said(anna, papers):
    found = answer("tax of invoices in 2024", anna)
    assert (found.computed["without_value"], found.computed["without_date"]) == (1, 1)
    assert "don't state it: 1" in found.text
    assert "no date: 1" in found.text


def test_only_the_latest_result_of_a_document_counts(anna, papers):
    with tenancy.as_user(anna.user):
        same = {"workspace_id": anna.workspace.id, "document_id": papers.document_id}
        job = Job.objects.create(**same, kind="analyze", status=Status.DONE)
        newer = Result.objects.create(
            id=job.id, **same, job=job, document_type="invoice",
            issuer="kraxi", model_version="test",
        )  # fmt: skip
        for name, value in {"vendor": "Kraxi GmbH", "total": "111.00", "currency": "EUR", "date": "2024-03-05"}.items():
            Field.objects.create(workspace_id=anna.workspace.id, result=newer, name=name, value=value, source="rules")
    assert totals(answer("sum of invoices from Kraxi in March 2024 over 105", anna)) == {"EUR": "111.00"}


def test_a_vendor_is_its_whole_name(anna, papers):
    paper(anna, 8, vendor="Kraximax", total="1000.00")
    assert totals(answer("sum of invoices from Kraxi in 2024", anna)) == {"EUR": "800.00"}


def test_by_vendor_and_by_month(anna, papers):
    found = answer("total of invoices by vendor", anna)
    assert {(one["key"], one["currency"]): one["value"] for one in found.computed["groups"]} == {
        ("Acme Ltd", "EUR"): "50.50",
        ("Acme Ltd", "USD"): "20.00",
        ("Kraxi GmbH", "EUR"): "809.00",
    }
    months = answer("Anzahl Rechnungen pro Monat", anna).computed["groups"]
    assert [(one["key"], one["value"]) for one in months] == [("", "1"), ("2024-03", "3"), ("2024-05", "1")]
    assert "2024-03: 3" in answer("number of invoices per month", anna).text


def test_none_is_said_so(anna, papers):
    assert answer("how many invoices from Kraxi in 2019", anna).text.startswith("There are no invoices from Kraxi")
    assert answer("sum of deductibles of invoices", anna).text.startswith("Nothing states it")


def test_german_questions_are_answered_in_german(anna, papers):
    text = answer("Summe der Rechnungen von Kraxi über 500 im Mai 2024", anna).text
    assert text == (
        "Gesamtbetrag von 1 Rechnung von Kraxi mit Gesamtbetrag über 500,00 vom 01.05.2024 bis 31.05.2024: 700,00 EUR."
        " Davon ungeprüft: 1, 700,00 EUR."
    )


def test_a_follow_up_takes_over_the_rest(anna, papers):
    first = "VAT of invoices from Kraxi in March 2024"
    assert totals(answer("and in May 2024?", anna, first)) == {"EUR": "133.00"}
    assert totals(answer("What about Acme?", anna, first)) == {"EUR": "8.06"}
    assert totals(answer("and the total?", anna, first)) == {"EUR": "100.00"}
    assert totals(answer("und in 2024?", anna, first, "What about Acme?")) == {"EUR": "8.06"}
    assert totals(answer("how many?", anna, first)) == {"": "1"}
    listed = answer("and which are unreviewed?", anna, "invoices from Kraxi")
    assert [one["filename"] for one in listed.computed["addends"]] == ["2.pdf"]
    assert totals(answer("and 2024?", anna, "VAT of invoices from Kraxi in 2023")) == {"EUR": "152.00"}
    assert totals(answer("and the VAT?", anna, "Kraxi's invoices in May 2024")) == {"EUR": "133.00"}
    assert answer("And where does the pump stand?", anna, first) is None


def test_others_papers_are_not_in_it(anna, mallory, papers):
    assert answer("how many invoices are there", mallory).text.startswith("There are no invoices")
    found = answer("sum of invoices from Kraxi", mallory)
    assert (found.text, found.citations) == ("No document is of a vendor named Kraxi.", [])


def test_of_documents_that_are_named(anna, papers):
    found = answer("sum of invoices", anna, documents=[papers.document_id])
    assert totals(found) == {"EUR": "100.00"}


def test_a_computed_answer_is_kept_without_a_search(anna, papers):
    *_, last = asking.ask("how many invoices from Acme", user=anna.user)
    assert (last.data["mode"], last.data["computed"]["aggregate"]) == ("computed", "count")
    assert last.data["answer"] == "2 invoices from Acme."
    with tenancy.as_user(anna.user):
        assert QueryLog.objects.get().computed == last.data["computed"]


def test_a_kept_answer_has_its_addends_where_its_conversation_is_opened(anna, papers):
    *_, last = asking.ask("sum of invoices from Acme", user=anna.user)
    client = client_of(anna)
    [listed] = client.get("/api/v1/queries").json()["results"]
    [opened] = client.get(f"/api/v1/queries?conversation={last.data['conversation']}").json()["results"]
    assert (listed["computed"], opened["computed"]) == (None, last.data["computed"])
    with tenancy.as_user(anna.user):
        gone = Document.objects.get(pk=opened["computed"]["addends"][0]["document_id"])
        logbook.forget_document(gone.pk, gone.workspace_id)
        log = QueryLog.objects.get()
    assert (log.computed, log.answer) == (None, logbook.GONE)


def test_words_tell_currency_language_and_leaning():
    assert grammar.currency_of("over 5 € in May") == "EUR"
    assert grammar.language_of("Wie viele Rechnungen sind das?") == "de"
    assert conversation.leans("And in April?")
    assert not conversation.leans("Where does the blue pump stand?")
