"""The overview: what waits, what runs, what failed and why, with links that lead there."""

import re
from datetime import timedelta
from html import unescape

from django.utils import timezone

from jobs.models import Job, Status
from tests.admin.conftest import as_staff


def fail(person, case, code):
    with as_staff(person):
        Job.objects.filter(pk=case.job.pk).update(
            status=Status.DEADLETTER, error_code=code, error_detail=f"It is {code}; send another."
        )


def links(html, label):
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', html) if label in link]


def test_failures_of_a_day_with_their_causes(admin, sam, bills):
    cases = bills(4)
    fail(sam, cases[0], "encrypted_pdf")
    fail(sam, cases[1], "encrypted_pdf")
    fail(sam, cases[2], "old_and_gone")
    with as_staff(sam):
        Job.objects.filter(pk=cases[2].job.pk).update(created_at=timezone.now() - timedelta(days=2))
    html = admin.get("/admin/").content.decode()
    assert re.search(r"2</span> <code>encrypted_pdf", html)
    assert "It is encrypted_pdf; send another." in html
    assert "old_and_gone" not in html
    (link,) = links(html, "error_code__exact=encrypted_pdf")
    assert admin.get(link).context["cl"].result_count == 2


def test_states_lead_to_their_lists(admin, sam, bills):
    bills(2)
    html = admin.get("/admin/").content.decode()
    (link,) = links(html, "status__exact=done")
    assert admin.get(link).context["cl"].result_count == 2


def test_results_wait_for_review(admin, bills):
    bills(3)
    html = admin.get("/admin/").content.decode()
    (link,) = links(html, "review_status__exact=pending")
    assert re.search(r'class="big"><a[^>]*>3<', html)
    assert admin.get(link).context["cl"].result_count == 3


def test_much_waiting_work_is_not_counted_to_the_end(admin, bills, monkeypatch):
    monkeypatch.setattr("analysis.templatetags.admin_dashboard._COUNTED", 2)
    bills(3)
    assert re.search(r'class="big"><a[^>]*>2\+<', admin.get("/admin/").content.decode())


def test_everyone_sees_what_they_may(clerk, bill):
    html = clerk("view_job").get("/admin/").content.decode()
    assert "Failed in the last 24 hours" in html
    assert "Waiting for a person" not in html


def test_an_empty_overview(admin):
    html = admin.get("/admin/").content.decode()
    assert "every result was looked at" in html
    assert "None." in html
