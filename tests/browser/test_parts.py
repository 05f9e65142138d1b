"""A file of two invoices in a browser: from the file to its parts, and back to one document."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from documents.samples.content import STUDIO
from tests.analysis.test_parts import two_invoices
from tests.analysis.test_pipeline import ended, submit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_file_leads_to_its_parts_and_a_person_joins_them(open_page, anna, worker):
    sent = submit(anna, two_invoices(), "scan.pdf")
    ended(anna, sent.job)
    page = open_page(f"/documents/{sent.document.id}")
    found = page.get_by_role("list", name="Documents in this file")
    expect(found.get_by_role("link")).to_have_text(["scan (1 of 2).pdf", "scan (2 of 2).pdf"])
    assert Axe().run(page, context="#side", options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"] == []
    found.get_by_role("link", name="scan (1 of 2).pdf").click()
    expect(page.get_by_text("Page 1 of scan.pdf")).to_be_visible()
    expect(page.locator("[data-field=invoice_number] .field-value")).to_have_text(STUDIO.number)
    page.get_by_role("link", name="scan.pdf", exact=True).click()
    page.get_by_role("button", name="It is one document").click()
    expect(page.locator("[data-field=invoice_number] .field-value")).to_have_text(STUDIO.number)
    expect(found).to_have_count(0)
