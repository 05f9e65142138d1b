"""The page of jobs as a person works with it: cancel and undo, marks, the menu of stages, one job's page."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from analysis.submission import submit_file
from documents import tenancy
from jobs import control
from jobs.models import Job, Status
from tests.browser.test_desk import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLE = (Path(settings.BASE_DIR) / "documents" / "samples" / "factur-x.pdf").read_bytes()


@pytest.fixture
def waiting(anna, settings):
    """Two jobs that no worker takes."""
    settings.JOBS_ACTIVE_PER_USER = 0
    jobs = []
    for number in range(2):
        with tenancy.as_user(anna.user):
            data = ContentFile(SAMPLE + b"\n%" + str(number).encode())
            sent = submit_file(data, filename=f"{number}.pdf", workspace_id=anna.workspace.id, user=anna.user)
            jobs.append(sent.job)
    return jobs


def statuses(anna):
    with tenancy.as_user(anna.user):
        return sorted(Job.objects.values_list("status", flat=True))


def test_a_cancel_can_be_undone_and_many_are_cancelled_at_once(open_page, anna, waiting):
    page = open_page("/jobs", locale="en-GB")
    rows = page.locator(".job-row")
    expect(page.locator("#board")).to_contain_text("2 in work or waiting")
    rows.first.get_by_role("button", name="Cancel").click()
    expect(rows.first).to_contain_text("Cancelled")
    expect(page.locator("#board")).to_contain_text("1 in work or waiting")
    page.get_by_role("button", name="Undo").click()
    expect(rows.first.get_by_role("progressbar")).to_be_visible()
    assert statuses(anna) == ["queued", "queued"]

    # The keyboard: from row to row, marked, and done.
    page.locator("h1").click()
    expect(page.locator("#bulk").get_by_role("button", name="Cancel")).to_be_disabled()
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("#bulk")).to_contain_text("2 marked")
    page.locator("#bulk").get_by_role("button", name="Cancel").click()
    expect(page.locator("#messages")).to_contain_text("2 jobs cancelled.")
    assert statuses(anna) == ["cancelled", "cancelled"]


def test_a_failed_job_starts_again_from_its_page(open_page, anna, waiting):
    job = waiting[0]
    with tenancy.as_user(anna.user):
        job.tasks.update(status=Status.DEADLETTER)
        Job.objects.filter(pk=job.pk).update(
            status=Status.DEADLETTER, error_code="storage_failed", error_detail="The storage doesn't answer."
        )
        control.cancel(waiting[1].pk)
    page = open_page("/jobs?state=failed", locale="en-GB")
    expect(page.locator(".causes")).to_contain_text("Nothing is wrong with the document")
    page.locator(".job-row a").first.click()
    page.wait_for_url(f"**/jobs/{job.pk}")
    expect(page.locator(".note")).to_contain_text("storage_failed")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Started again by anna")
    with tenancy.as_user(anna.user):
        control.cancel(job.pk)
    expect(page.locator(".page-lead")).to_contain_text("Cancelled")  # it follows by itself
    page.emulate_media(color_scheme="light")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        for address in ("/jobs", f"/jobs/{job.pk}", "/jobs/history"):
            page.goto(address)
            check(page, f"{address} at {width}")
        page.emulate_media(color_scheme="dark")
