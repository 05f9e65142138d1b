"""The pages of search and answers: what they offer, and what is told of the places they show."""

import uuid

import pytest
from django.urls import reverse

from analysis.findings import Found
from documents import tenancy
from documents.models import Page


def page_of(client, name, *args) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def places_of(client, *places) -> dict:
    return client.get(reverse("search-places"), {"place": places}).json()["documents"]


def test_search_teaches_with_what_the_reader_has(signed_in, make_document):
    make_document()
    page = page_of(signed_in, "search")
    for example in ("invoices of Lindenhof Papeterie GmbH", "invoices from March 2025"):
        assert f"data-example>{example}<" in page
    assert '<option value="Lindenhof Papeterie GmbH">' in page
    assert '<option value="insurance_policy">Insurance policy</option>' in page


def test_ask_teaches_with_what_the_reader_has(signed_in, make_document):
    make_document()
    page = page_of(signed_in, "ask")
    assert "data-example>What is the total of the invoices of Lindenhof Papeterie GmbH?<" in page
    assert "data-example>How much VAT is in the invoices of 2025?<" in page


def test_a_manual_is_asked_by_its_title(signed_in, make_document):
    make_document("manual.pdf", fields={"title": Found("Pump P-40", page=1)})
    for name in ("search", "ask"):
        assert "Lindenhof" not in page_of(signed_in, name)


def test_odd_values_make_no_examples(signed_in, make_document):
    make_document(fields={"vendor": Found("x" * 80, page=1), "date": Found("someday", page=1)})
    assert "data-example>" not in page_of(signed_in, "search")
    make_document("b.pdf", fields={"vendor": Found("Ink Ltd", page=1), "date": Found("someday", page=1)})
    assert "data-example>invoices of Ink Ltd<" in page_of(signed_in, "search")


def test_without_documents_one_is_handed_in_first(signed_in):
    for name in ("search", "ask"):
        page = page_of(signed_in, name)
        assert "Upload a document" in page
        assert "data-example>" not in page


def test_one_document_is_asked(signed_in, make_document):
    document = make_document()
    page = page_of(signed_in, "ask-document", document.id)
    assert f'value="{document.id}"' in page
    assert "invoice.pdf" in page
    link = reverse("ask-document", args=[document.id])
    assert f'href="{link}"' in page_of(signed_in, "document", document.id)


def test_places_are_described(signed_in, make_document, anna):
    document = make_document()
    with tenancy.as_user(anna.user):
        Page.objects.create(workspace=anna.workspace, document=document, number=2, width=0, height=0)
    described = places_of(signed_in, f"{document.id}:1", f"{document.id}:2")
    assert described == {
        str(document.id): {
            "title": "Lindenhof Papeterie GmbH",
            "filename": "invoice.pdf",
            "kind": "Invoice",
            "date": "2025-03-14",
            "total": "559.15",
            "currency": "EUR",
            "drawn": True,
            "pages": {"1": [600, 800]},
        }
    }


def test_what_is_no_place_is_passed_over(signed_in, make_document):
    document = make_document(filename="a.pdf")
    assert places_of(signed_in, "", "x:1", f"{document.id}:x", str(uuid.uuid4()), f"{uuid.uuid4()}:1") == {}
    assert places_of(signed_in, f"{document.id}:{10**30}")[str(document.id)]["pages"] == {}


def test_others_are_told_nothing(client, mallory, make_document):
    document = make_document()
    client.force_login(mallory.user)
    assert places_of(client, f"{document.id}:1") == {}
    assert client.get(reverse("ask-document", args=[document.id])).status_code == 404
    assert "Lindenhof" not in page_of(client, "search") + page_of(client, "ask")


@pytest.mark.parametrize("name", ["search", "ask", "search-places"])
def test_strangers_sign_in_first(client, db, name):
    answer = client.get(reverse(name))
    assert (answer.status_code, answer.url) == (302, f"/login?next={reverse(name)}")


def test_queries_stay_few(signed_in, make_document, django_assert_max_num_queries):
    documents = [make_document(f"{number}.pdf") for number in range(4)]
    with django_assert_max_num_queries(14):
        page_of(signed_in, "search")
    with django_assert_max_num_queries(14):
        places_of(signed_in, *(f"{document.id}:1" for document in documents))
