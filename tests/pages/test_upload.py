"""The page where files are handed in."""

import pytest
from django.urls import reverse

from analysis import custom_types
from documents import tenancy
from documents.models import Document
from jobs.models import Job, Status


def test_it_asks_to_sign_in(client, db):
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.url == "/login?next=/"


def test_nothing_yet_offers_samples(signed_in):
    page = signed_in.get("/").content.decode()
    assert "Nothing here yet" in page
    assert "/samples/factur-x.pdf" in page


def test_a_reload_keeps_what_is_in_work(signed_in, make_document):
    make_document("slow.pdf", status=Status.WORKING)
    page = signed_in.get("/").content.decode()
    assert "slow.pdf" in page
    assert "data-watch" in page
    assert "Reading the pages" in page
    assert 'data-action="cancel"' in page


def test_the_latest_job_comes_first(signed_in, make_document):
    make_document("first.pdf", fields={})
    make_document("second.pdf", fields={})
    page = signed_in.get("/").content.decode()
    assert page.index("second.pdf") < page.index("first.pdf")


def test_rows_cost_the_same_however_many_there_are(signed_in, make_document, django_assert_num_queries):
    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        custom_types.forget()  # or else they are asked for whenever what is known has become old
        with CaptureQueriesContext(connection) as captured:
            signed_in.get("/")
        return len(captured)

    make_document("0.pdf")
    one = queries()
    for number in range(1, 6):
        make_document(f"{number}.pdf")
    assert queries() == one


def test_a_sample_is_handed_in(signed_in, anna):
    answer = signed_in.post(reverse("submit-sample", args=["factur-x.pdf"]))
    assert answer.status_code == 302
    assert answer.url == "/"
    with tenancy.as_user(anna.user):
        assert Document.objects.get().filename == "factur-x.pdf"
        assert Job.objects.get().status == Status.QUEUED


def test_a_sample_that_is_here_already_is_shown(signed_in, anna):
    url = reverse("submit-sample", args=["factur-x.pdf"])
    signed_in.post(url)
    answer = signed_in.post(url, follow=True)
    with tenancy.as_user(anna.user):
        assert answer.redirect_chain[-1][0] == reverse("document", args=[Document.objects.get().id])
    assert "is here already" in answer.content.decode()


@pytest.mark.parametrize("name", ["nothing.pdf", "make.py", "__init__.py"])
def test_only_samples_are_samples(signed_in, name):
    assert signed_in.post(reverse("submit-sample", args=[name])).status_code == 404


def test_samples_are_not_handed_in_by_a_link(signed_in):
    assert signed_in.get(reverse("submit-sample", args=["factur-x.pdf"])).status_code == 405
