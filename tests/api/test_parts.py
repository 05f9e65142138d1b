"""Documents that were cut out of others, over HTTP and on the pages."""

import pytest
from django.test import Client
from django.urls import reverse

from analysis import parts
from analysis.models import Result
from documents import tenancy
from documents.models import Document
from documents.parting import Part
from jobs.models import Job, Status
from tests.api.conftest import PDF, is_problem


@pytest.fixture
def cut(invoice, anna) -> list[Document]:
    """Two parts of the invoice's file, not read yet."""
    with tenancy.as_user(anna.user):
        parts.store(invoice.job, [Part(1, 1, PDF + b"%1"), Part(2, 4, PDF + b"%2")])
        return list(Document.objects.filter(parent=invoice.document).order_by("first_page"))


@pytest.fixture
def url(invoice) -> str:
    return f"/api/v1/documents/{invoice.document.id}"


def page_of(person, document) -> str:
    client = Client()
    client.force_login(person.user)
    return client.get(reverse("document", args=[document.id])).content.decode()


def test_a_document_names_its_parts_and_a_part_its_place(as_anna, cut, url, invoice):
    whole = as_anna.get(url).json()
    assert whole["parts"] == [str(part.id) for part in cut]
    assert (whole["parent_id"], whole["pages_of_parent"]) == (None, None)
    part = as_anna.get(f"/api/v1/documents/{cut[1].id}").json()
    assert (part["parent_id"], part["pages_of_parent"], part["parts"]) == (whole["document_id"], [2, 4], [])
    assert {one["document_id"]: one["parts"] for one in as_anna.get("/api/v1/documents").json()["results"]} == {
        whole["document_id"]: whole["parts"],
        **{str(one.id): [] for one in cut},
    }


def test_joined_they_are_gone_and_the_document_is_read_again(as_anna, anna, cut, url, invoice):
    body = as_anna.post(f"{url}/join").json()
    assert (body["job_id"], body["status"]) == (str(invoice.job.id), "queued")
    assert as_anna.get(url).json()["parts"] == []
    assert as_anna.get(f"/api/v1/documents/{cut[0].id}").status_code == 404
    with tenancy.as_user(anna.user):
        assert Job.objects.count() == 1
    assert is_problem(as_anna.post(f"{url}/join"), 409, "no_parts")


def test_what_people_did_is_not_lost_unasked(as_anna, anna, cut, url):
    with tenancy.as_user(anna.user):
        job = Job.objects.get(document=cut[0])
        Result.objects.create(
            workspace=anna.workspace,
            job=job,
            document=cut[0],
            document_type="invoice",
            model_version="x",
            review_status="approved",
        )
    assert is_problem(as_anna.post(f"{url}/join"), 409, "parts_reviewed")
    assert as_anna.post(f"{url}/join", {"confirm": True}, format="json").status_code == 200


def test_nobody_joins_what_is_anothers_or_still_runs(as_mallory, as_anna, anna, cut, url, invoice):
    assert is_problem(as_mallory.post(f"{url}/join"), 404, "not_found")
    assert is_problem(as_mallory.get(f"/api/v1/documents/{cut[0].id}"), 404, "not_found")
    with tenancy.as_user(anna.user):
        Job.objects.filter(pk=invoice.job.pk).update(status=Status.WORKING)
    assert is_problem(as_anna.post(f"{url}/join"), 409, "job_open")
    assert len(as_anna.get(url).json()["parts"]) == 2


def test_pages_link_both_ways(anna, cut, invoice):
    whole, part = page_of(anna, invoice.document), page_of(anna, cut[1])
    for one in cut:
        assert f'href="{reverse("document", args=[one.id])}">{one.filename}' in whole
    assert "pages 2–4" in whole
    assert f'Pages 2–4 of <a href="{reverse("document", args=[invoice.document.id])}">bill.pdf' in part


def test_a_person_joins_them_on_the_page(anna, mallory, cut, invoice):
    join = reverse("document-join", args=[invoice.document.id])
    assert f'action="{join}"' in page_of(anna, invoice.document)
    client = Client()
    client.force_login(mallory.user)
    assert client.post(join).status_code == 404
    client.force_login(anna.user)
    assert client.post(join).status_code == 302
    with tenancy.as_user(anna.user):
        assert Document.objects.get().joined
    assert "no parts" in client.post(join, follow=True).content.decode()


def test_the_library_says_what_a_file_holds(anna, cut):
    client = Client()
    client.force_login(anna.user)
    page = client.get(reverse("library")).content.decode()
    assert page.count("holds 2 documents") == 1
    assert "bill (2 of 2).pdf" in page


def test_staff_see_where_a_part_is_from_and_join(sam, anna, cut, invoice):
    client = Client()
    client.force_login(sam.user)
    shown = client.get(reverse("admin:documents_document_change", args=[cut[1].id])).content.decode()
    assert "pages 2 to 4" in shown
    assert str(invoice.document.id) in shown
    given = {"action": "join", "_selected_action": str(invoice.document.id)}
    assert "deleted for good" in client.post(reverse("admin:documents_document_changelist"), given).content.decode()
    client.post(reverse("admin:documents_document_changelist"), {**given, "confirmed": "1"})
    with tenancy.as_user(anna.user):
        assert Document.objects.get().joined
