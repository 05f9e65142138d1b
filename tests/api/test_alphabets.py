"""What a document is written in, said with it over HTTP: who says so gets the characters that Latin leaves out."""

import pytest
from django.urls import reverse

from analysis.submission import alphabet_of
from documents import tenancy
from documents.models import Document
from jobs.models import Event, Job
from tests.analysis.engines.ocr.drawing import in_two_scripts
from tests.api.conftest import client_of, is_problem
from tests.api.test_analyze import send
from tests.api.test_walk_through import finished


def job_of(person, sent) -> Job:
    return Job.objects.select_related("document").get(pk=sent["job_id"])


@pytest.mark.django_db(transaction=True)
def test_a_scan_is_read_in_the_alphabet_that_was_asked_for_and_again_so(worker, anna):
    client = client_of(anna)

    def read(sent):
        assert finished(client, sent["poll_url"])["status"] == "done"
        document = client.get(f"/api/v1/documents/{sent['document_id']}").json()
        return document["alphabet"], client.get(document["markdown_url"]).content.decode()

    sent = send(client, data=in_two_scripts(), name="scan.png", alphabet="all").json()
    alphabet, text = read(sent)
    assert alphabet == "all"
    assert "Market Street" in text
    assert "中" in text
    assert "田" in text
    retried = client.post(f"/api/v1/jobs/{sent['job_id']}/retry", {"from_stage": "read"}, format="json")
    assert retried.status_code < 300
    assert read(sent) == (alphabet, text)
    client.force_login(anna.user)
    page = client.get(reverse("document", args=[sent["document_id"]])).content.decode()
    assert "<dt>Read as</dt><dd>Latin, Greek, Chinese and Japanese</dd>" in page


def test_what_was_asked_for_stands_in_the_jobs_story_and_makes_a_new_one_if_it_differs(anna, as_anna):
    first = send(as_anna).json()
    assert send(as_anna, alphabet="latin").json()["job_id"] == first["job_id"]  # as the installation reads
    other = send(as_anna, alphabet="all")
    assert other.json()["job_id"] != first["job_id"]
    assert send(as_anna, alphabet="all").json()["job_id"] == other.json()["job_id"]
    assert send(as_anna).json()["job_id"] == other.json()["job_id"]
    with tenancy.as_user(anna.user):
        assert [alphabet_of(job_of(anna, sent)) for sent in (first, other.json())] == ["", "all"]
        assert Event.objects.get(job_id=other.json()["job_id"], type="job.submitted").data["alphabet"] == "all"


def test_when_the_story_is_forgotten_the_documents_last_reading_counts(anna, as_anna):
    sent = send(as_anna, alphabet="all").json()
    with tenancy.as_user(anna.user):
        Event.objects.filter(job_id=sent["job_id"]).delete()
        assert alphabet_of(job_of(anna, sent)) == ""
        Document.objects.update(reading_version="vouch-9 engine alphabet-all")
        assert alphabet_of(job_of(anna, sent)) == "all"


def test_alphabets_that_no_engine_knows_are_refused(as_anna):
    assert is_problem(send(as_anna, alphabet="klingon"), 422, "invalid_input")


def test_the_page_where_files_are_handed_in_offers_the_alphabets(client, anna):
    client.force_login(anna.user)
    page = client.get("/").content.decode()
    assert '<option value="all">Latin, Greek, Chinese and Japanese</option>' in page
