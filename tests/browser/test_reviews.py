"""The pages of reviews as a person works with them: typing, a chart that fills, filters, a column to choose."""

import re

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from analysis.reviews import submission
from documents import tenancy
from documents.models import User
from jobs import runner
from jobs.models import Job
from tests.analysis.reviews.conftest import BAD, GOOD, work
from tests.browser.test_desk import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOPS, MONTHS = ("north", "south", "west"), 9
SAID = (GOOD, BAD, "The zip broke after a week, terrible zip.", "It arrived on Tuesday.", "Lovely colour, great fit!")


def rows(count: int) -> bytes:
    lines = (
        f'"{SAID[number % 5]} {number}",{SHOPS[number % 3]},2026-0{1 + number % MONTHS}-1{number % 7}'
        for number in range(count)
    )
    return ("\n".join(["text,shop,day", *lines, ",north,2026-01-01"]) + "\n").encode()


def test_a_text_is_judged_as_it_is_typed(open_page):
    page = open_page("/reviews", locale="en-GB")
    expect(page.locator(".empty")).to_contain_text("No file yet")
    box, verdict = page.get_by_label("One text"), page.locator("#verdict")
    box.press_sequentially("I love it, wonderful", delay=15)
    expect(verdict).to_contain_text("Positive")
    expect(verdict).to_contain_text(re.compile(r"sure, \d+%"))
    expect(verdict).to_contain_text("English")
    box.fill(BAD)
    expect(verdict).to_contain_text("Negative")
    expect(page.locator("#verdict-left")).to_have_text(f"{512 - len(BAD)} characters left")
    check(page, "a verdict")
    box.fill("x" * 515)
    expect(page.locator("#verdict-left")).to_have_text("3 characters too many")
    expect(verdict).to_be_empty()
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    box.fill(BAD)
    expect(verdict).to_contain_text("Negative")
    check(page, "a verdict on a phone, by night")


def test_a_file_fills_its_bar_and_chart_and_is_looked_through(open_page, anna, broker):
    page = open_page("/reviews", locale="en-GB")
    page.locator("#files").set_input_files({"name": "spring.csv", "mimeType": "text/csv", "buffer": rows(1_400)})
    page.wait_for_url(re.compile(r"/reviews/[0-9a-f-]{36}$"))
    job = Job(pk=page.url.rsplit("/", 1)[1])
    expect(page.locator("[data-stage]")).to_have_text("Waiting for a free worker")
    runner.run("default")
    runner.run("embed")
    expect(page.locator("#shares-title")).to_have_text("So far")
    expect(page.locator(".batch-counts")).to_contain_text("1,401")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile(r"[1-9]\d"))
    check(page, "a batch in work")
    assert work(anna, job).status == "done"
    expect(page.locator("#shares-title")).to_have_text("What they say")
    terms = page.locator(".terms a")
    expect(terms.filter(has_text="broke").first).to_be_visible()
    check(page, "a batch that is done")

    terms.filter(has_text="broke").first.click()
    expect(page.locator("#rows-title")).to_be_focused()
    expect(page.get_by_placeholder("Words in the text")).to_have_value(re.compile("broke"))
    assert "label=negative" in page.url
    expect(page.locator(".verdicts tbody").first).not_to_contain_text("Positive")
    page.get_by_label("Class").select_option("positive")
    expect(page.locator("#found .empty")).to_contain_text("No row fits")
    page.go_back()
    expect(page.get_by_label("Class")).to_have_value("negative")
    page.locator("#found").get_by_text("More rows").click()
    expect(page.locator("#found").get_by_text("To the first")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()

    with page.expect_download() as download:
        page.get_by_role("group", name="Download all rows").get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "spring-reviews.csv"
    with page.expect_download() as download:
        page.get_by_role("group", name="Download the filtered rows").get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "spring-negative.csv"
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(f"/reviews/{job.pk}")
    expect(terms.first).to_be_visible()
    check(page, "a batch on a phone, by night")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/reviews")
    expect(page.locator(".batch-row")).to_contain_text("spring.csv")
    check(page, "the list on a phone, by night")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_column_is_chosen_and_what_is_refused_says_why(open_page, anna, broker):
    page = open_page("/reviews", locale="en-GB")
    files = [("a.csv", b"%PDF-1.7"), ("b.csv", b""), ("prices.csv", b"id,price\n1,20\n2,30\n")]
    page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": data} for name, data in files]
    )
    expect(page.locator(".row-error", has_text="unsupported_type")).to_be_visible()
    expect(page.locator(".row-error", has_text="empty_file")).to_be_visible()
    row = page.locator(".batch-row")
    expect(row).to_contain_text("prices.csv")
    with tenancy.as_user(anna.user):
        job = Job.objects.get()
    work(anna, job)
    expect(row).to_contain_text("no_text_column")
    check(page, "refused files")
    open_page.complaints.clear()  # the browser tells of 415 and 422 on its console
    row.get_by_role("link").click()
    check(page, "a column to choose")
    page.get_by_role("button", name="price").click()
    page.wait_for_url(lambda url: str(job.pk) not in url)
    expect(page.get_by_role("progressbar")).to_be_visible()


def test_staff_put_verdicts_right_in_place(open_page, anna, broker):
    User.objects.filter(pk=anna.user.pk).update(is_staff=True, is_superuser=True)
    with tenancy.as_user(anna.user):
        _, job, _ = submission.submit_file(
            ContentFile(rows(6)), filename="few.csv", workspace_id=anna.workspace.id, user=anna.user
        )
    work(anna, job)
    page = open_page(f"/reviews/{job.pk}?label=positive", locale="en-GB")
    negative = page.locator(".share-negative .amount")
    before = int(negative.text_content())
    row = page.locator("tr#row-1")
    choice = page.get_by_label("Class of row 1", exact=True)
    choice.focus()
    choice.select_option("negative")
    expect(page.locator("#said")).to_have_text("Row 1 is negative.")
    expect(choice).to_be_focused()
    expect(row).to_contain_text("said by a person")
    expect(negative).to_have_text(str(before + 1))
    check(page, "a verdict that was put right")
    row.get_by_role("button", name="Undo").click()
    expect(page.locator("#said")).to_have_text("Row 1 is positive again.")
    expect(negative).to_have_text(str(before))
    expect(row.get_by_role("button")).to_have_count(0)

    page.locator("h1").click()
    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("2")
    expect(choice).to_have_value("neutral")
    expect(row).to_be_focused()
    page.keyboard.press("z")
    expect(choice).to_have_value("positive")

    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.keyboard.press("3")
    expect(choice).to_have_value("negative")
    check(page, "verdicts to put right on a phone, by night")
    User.objects.filter(pk=anna.user.pk).update(is_staff=False, is_superuser=False)
    choice.select_option("neutral")
    expect(page.locator("#said")).to_contain_text("corrected by staff")
    expect(choice).to_have_value("negative")
    open_page.complaints.clear()  # the browser tells of 403 on its console


def test_a_guest_judges_a_file(open_page, settings, broker):
    settings.REVIEWS_GUESTS = True
    page = open_page("/reviews", signed_in=False, locale="en-GB")
    expect(page.locator("[data-guest]")).to_contain_text("deleted after 24 hours")
    page.get_by_label("One text").fill(GOOD)
    expect(page.locator("#verdict")).to_contain_text("Positive")
    page.locator("#files").set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": rows(3)})
    page.wait_for_url(re.compile(r"/reviews/[0-9a-f-]{36}$"))
    while runner.run("default", "embed"):
        pass
    expect(page.locator("#shares-title")).to_have_text("What they say")
    check(page, "a guest's batch")


def test_what_reviews_say_is_text(open_page, anna, broker):
    evil = b'text\n"<img src=x onerror=alert(1)> I hate it, terrible"\n'
    with tenancy.as_user(anna.user):
        _, job, _ = submission.submit_file(
            ContentFile(evil), filename="evil.csv", workspace_id=anna.workspace.id, user=anna.user
        )
    work(anna, job)
    page = open_page(f"/reviews/{job.pk}", locale="en-GB")
    expect(page.locator("#insights q").first).to_contain_text("<img src=x")
    assert page.locator("main img").count() == 0
