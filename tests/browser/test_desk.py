"""The document's page under a pointer, a keyboard, a thumb, by night, and for those who can't see it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from analysis import results
from analysis.findings import Extraction, Found, Issue, LineItem, Validation
from documents import intake, tenancy
from documents.models import Page
from documents.pages import Box
from jobs import events
from jobs.models import Job
from tests.browser.test_walk import SAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


FIELDS = {
    "invoice_number": Found("LP-2025-0417", page=1, box=Box(457, 180, 513, 192), source="xml"),
    "date": Found("2025-03-14", raw="14.03.2025", page=1, box=Box(468, 195, 513, 207), confidence=0.8),
    "vendor": Found("Lindenhof Papeterie GmbH", page=1, box=Box(140, 86, 300, 104), confidence=0.4),
    "total": Found("559.15", page=1, box=Box(448, 479, 483, 494), source="xml"),
    "currency": Found("EUR", source="xml"),
    "iban": Found("DE21990123450412345678", page=1, box=Box(134, 548, 250, 560), source="xml"),
    "taxes": Found([{"rate": "19", "base": "333.20", "tax": "63.31"}], source="xml"),
}
LINES = [LineItem("Skizzenbuch A4", "12", "H87", "14.50", "174.00", "19", 1, Box(130, 348, 509, 360))]
ISSUES = [
    Issue("iban", "The IBAN's check digits are wrong.", ("iban",)),
    Issue("lines", "The lines add up to 174.00.", ("line_items", "total"), "warning"),
    Issue("old", "It is old.", (), "warning"),
]


@pytest.fixture
def document(anna) -> str:
    """The address of a real document with rows made by hand, as a run of the pipeline would leave them."""
    with tenancy.as_user(anna.user):
        data = ContentFile((SAMPLES / "factur-x.pdf").read_bytes())
        made, _ = intake.receive(data, filename="factur-x.pdf", workspace_id=anna.workspace.id, user=anna.user)
        made.page_count, made.markdown = 1, "# Rechnung\n\nLP-2025-0417\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
        made.save()
        Page.objects.create(workspace=anna.workspace, document=made, number=1, width=595, height=842, source="text")
        job = Job.objects.create(
            workspace=anna.workspace, document=made, pipeline="document", status="done", progress=100, stage="done"
        )
        events.record(job, "job.submitted")
        events.record(job, "job.done", partial=False)
        result = results.store(job, Extraction("invoice", FIELDS, LINES))
        results.set_validation(result, Validation(False, True, ISSUES))
    return f"/documents/{made.id}"


def test_a_value_lights_its_box_and_a_box_its_value(open_page, document):
    page = open_page(document)
    value, box = page.locator("[data-field=total]"), page.locator(".box[data-for=total]")
    expect(box).not_to_have_class(re.compile("lit"))
    value.hover()
    expect(box).to_have_class(re.compile("lit"))
    expect(page.locator(".box.lit")).to_have_count(1)
    page.mouse.move(5, 5)
    expect(box).not_to_have_class(re.compile("lit"))
    page.locator(".box[data-for=invoice_number]").hover()
    expect(page.locator("[data-field=invoice_number]")).to_have_class(re.compile("lit"))
    page.get_by_text("The lines add up to 174.00.").hover()
    lit = page.locator(".box.lit").evaluate_all("boxes => boxes.map(box => box.dataset.for)")
    assert sorted(lit) == ["line-1", "total"]
    page.locator(".box[data-for=vendor]").click()
    expect(page.locator("[data-field=vendor]")).to_be_focused()


def test_the_box_comes_into_view_even_when_zoomed(open_page, document):
    page = open_page(document)
    for _ in range(3):
        page.keyboard.press("+")
    expect(page.locator("[data-zoom-level]")).to_have_text("300 %")
    page.locator("[data-field=iban]").focus()
    expect(page.locator(".box[data-for=iban]")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("0")
    expect(page.locator("[data-zoom-level]")).to_have_text("100 %")


def test_the_keyboard_reaches_everything(open_page, document):
    page = open_page("/documents")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{document}")
    page.keyboard.press("j")
    expect(page.locator("[data-field=invoice_number]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-field=date]")).to_be_focused()
    expect(page.locator(".box[data-for=date]")).to_have_class(re.compile("lit"))
    page.keyboard.press("k")
    expect(page.locator("[data-field=invoice_number]")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#rendered")).to_contain_text("Rechnung")
    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="History")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/jobs")
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url(re.compile(r"\d/$"))
    page.keyboard.press("/")
    page.wait_for_url("**/search")


def test_the_text_as_it_is_written(open_page, document):
    page = open_page(document, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("tab", name="Text").click()
    page.get_by_label("Markdown source").check()
    expect(page.locator("#raw")).to_be_visible()
    page.locator("#text").get_by_role("button", name="Copy").click()
    assert "LP-2025-0417" in page.evaluate("navigator.clipboard.readText()")


def test_night_and_day(open_page, document):
    paper = "getComputedStyle(document.body).backgroundColor"
    page = open_page(document, scheme="dark")
    assert page.evaluate(paper) == "rgb(14, 20, 18)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(paper) == "rgb(241, 244, 240)"
    page.reload()
    assert page.evaluate(paper) == "rgb(241, 244, 240)"


def test_every_page_fits_a_phone_and_passes_axe(open_page, document):
    addresses = ["/", "/documents", "/jobs", document, f"{document}#view-text", f"{document}#view-history", "/nowhere"]
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = open_page("/", scheme=scheme, width=width, has_touch=width < 600)
        for address in addresses:
            page.goto(address)
            if "#" in address:
                page.reload()  # a new fragment alone loads nothing
                expect(page.locator("[role=tabpanel]:visible")).not_to_contain_text("Fetching")
            check(page, f"{address} at {width}")
        page.context.clear_cookies()
        page.goto("/login")
        check(page, f"/login at {width}")
    assert set(open_page.complaints) == {
        "Failed to load resource: the server responded with a status of 404 (Not Found)"
    }
    open_page.complaints.clear()


def check(page, where: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where}: wider than the window"
    found = Axe().run(page)
    serious = [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:3]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], where


def test_the_numbers_are_the_readers(open_page, document):
    page = open_page(document, locale="en-US")
    expect(page.locator("[data-field=total] .field-value")).to_have_text("€559.15")
    expect(page.locator("[data-field=date] .field-value")).to_have_text("Mar 14, 2025")
