"""From the file in the hand to the value beside its box, as a person walks it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLES = Path(settings.BASE_DIR) / "documents" / "samples"


def hand_in(page, *names):
    page.locator("#files").set_input_files([SAMPLES / name for name in names])


def test_a_pdf_and_a_photo_end_in_fields(open_page, worker):
    page = open_page("/", signed_in=False)
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill("secret-of-anna")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    hand_in(page, "factur-x.pdf", "receipt.jpg")
    photo, invoice = page.locator(".row").nth(0), page.locator(".row").nth(1)
    expect(invoice).to_contain_text("Lindenhof Papeterie GmbH")
    expect(invoice).to_contain_text("559,15 €")
    expect(invoice).to_contain_text("14.03.2025")
    expect(invoice).to_contain_text("Approved")  # by its XML, which the page confirms
    expect(photo).to_contain_text("BLUE HERON BAKERY")
    expect(photo.locator("[role=progressbar]")).to_have_count(0)
    photo.get_by_role("link").click()
    expect(page.locator("[data-field=total] .field-value")).to_have_text("41,83 $")
    expect(page.locator("[data-page-image]")).to_have_js_property("complete", True)
    assert "width=1000" in page.locator("[data-page-image]").evaluate("image => image.currentSrc")

    # The same bytes again: no new work, and the page says so.
    page.goto("/")
    hand_in(page, "factur-x.pdf")
    expect(page.get_by_text("You had handed this file in before")).to_be_visible()
    expect(page.locator(".row")).to_have_count(2)


def test_a_file_in_work_moves_and_can_be_left_and_found_again(open_page, anna):
    """Without a worker it waits; the page is loaded anew, and then it is cancelled."""
    page = open_page("/")
    hand_in(page, "factur-x.pdf")
    expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".row")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_document_in_work_fills_in_by_itself(open_page, anna, request, settings):
    page = open_page("/")
    hand_in(page, "factur-x.pdf")
    page.locator(".row a").click()
    expect(page.get_by_text("The values appear here as soon as they are found.")).to_be_visible()
    request.getfixturevalue("worker")
    expect(page.locator("[data-field=total] .field-value")).to_have_text("559,15 €")
    expect(page.locator(".box[data-for=total]")).to_be_visible()
    page.get_by_role("tab", name="History").click()
    expect(page.locator("#history")).to_contain_text("Values found")


def test_what_is_refused_says_why(open_page, worker):
    page = open_page("/")
    page.locator("#files").set_input_files(
        [
            {"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""},
            {"name": "program.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\x00\x01" * 50},
            {"name": "damaged.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 and no more"},
        ]
    )
    rows = page.locator(".row")
    expect(rows.filter(has_text="empty.pdf")).to_contain_text("The file is empty. Choose another one.")
    expect(rows.filter(has_text="program.exe")).to_contain_text("(unsupported_type)")
    expect(rows.filter(has_text="damaged.pdf")).to_contain_text("Export or print it to PDF anew")
    rows.filter(has_text="empty.pdf").get_by_role("button", name="Remove").click()
    expect(rows).to_have_count(2)
    # Refusals are answers with a 4xx status, which browsers log: those two are expected, and nothing else.
    assert len(open_page.complaints) == 2
    assert all(re.search("status of 4(15|22)", text) for text in open_page.complaints)
    open_page.complaints.clear()


def test_dropped_and_pasted_files_are_handed_in(open_page):
    page = open_page("/")
    for kind in ("drop", "paste"):
        page.evaluate(
            """kind => {
                const held = new DataTransfer();
                held.items.add(new File([`${kind}ed words`], `${kind}.txt`, { type: "text/plain" }));
                if (kind === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held }));
                else {
                    document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: held }));
                    if (document.getElementById("drop-veil").hidden) throw new Error("no veil");
                    document.dispatchEvent(new DragEvent("drop", { dataTransfer: held, cancelable: true }));
                }
            }""",
            kind,
        )
        expect(page.locator(".row[data-job]").filter(has_text=f"{kind}.txt")).to_be_visible()
        expect(page.locator("#drop-veil")).to_be_hidden()
