"""Searching as people do: typing, narrowing, going there and back; with a keyboard, a thumb, and in the dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.library import embedder, library  # noqa: F401
from tests.browser.test_desk import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_results_come_while_one_types_and_lead_to_the_place(open_page, library):  # noqa: F811
    page = open_page("/")
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    page.keyboard.type("fineliners")
    found = page.locator(".found").first
    expect(found.locator("mark")).to_have_text("fineliners")
    expect(found.locator("h2")).to_have_text("Lindenhof Papeterie GmbH")
    expect(found.locator(".found-line")).to_have_text(re.compile(r"factur-x\.pdf · Invoice · 14\.03\.2025 · 559,15\s€"))
    expect(found.locator(".found-sheet .cited")).to_have_count(1)
    expect(found.locator(".found-sheet img")).to_have_js_property("complete", True)
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(found.locator(".passage")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/documents/{library['invoice'].id}#page=1&box=10,20,300,30")
    expect(page.locator("#page-1 .cited")).to_be_in_viewport()
    place = page.locator("#page-1 .cited").evaluate("mark => [mark.style.left, mark.style.width]")
    assert [round(float(side.rstrip("%")), 1) for side in place] == [1.7, 48.7]
    page.go_back()
    expect(page.locator("[name=q]")).to_have_value("fineliners")
    expect(found.locator("mark")).to_have_text("fineliners")


def test_documents_that_fit_far_less_wait_to_be_asked_for(open_page, library):  # noqa: F811
    page = open_page("/search?q=fineliners")
    shown = page.locator(".found:visible")
    expect(shown).to_have_count(1)
    expect(page.locator("#search-status")).to_have_text("1 passage in 1 document")
    page.get_by_role("button", name=re.compile(r"Show \d documents? that may fit less")).click()
    expect(shown).not_to_have_count(1)
    expect(shown.nth(1).locator(".passage").first).to_be_focused()
    expect(page.locator("#search-less")).to_be_hidden()


def test_what_was_understood_can_be_taken_away(open_page, library):  # noqa: F811
    page = open_page("/search")
    page.get_by_role("button", name="invoices of Lindenhof Papeterie GmbH over 100").click()
    chips = page.locator(".search-chip")
    expect(chips).to_have_text([re.compile("Invoice"), re.compile("From Lindenhof"), re.compile("Total over 100")])
    expect(page.locator(".found h2").first).to_have_text("Lindenhof Papeterie GmbH")
    page.get_by_role("button", name="Without: From Lindenhof Papeterie GmbH").click()
    expect(chips).to_have_text([re.compile("^Invoice")])
    expect(page).to_have_url(re.compile("kind=invoice.*understand=false"))
    page.go_back()
    expect(chips).to_have_count(3)


def test_filters_are_chosen(open_page, library):  # noqa: F811
    page = open_page("/search?q=every")
    expect(page.locator(".found")).not_to_have_count(0)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Kind").select_option("invoice")
    expect(page.locator(".found")).to_have_count(1)
    expect(page.locator(".found h2")).to_have_text("Lindenhof Papeterie GmbH")
    page.get_by_label("Dated since").fill("2026-01-01")
    page.get_by_label("Dated since").press("Enter")
    expect(page.get_by_text("No passage fits.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Without: Since")).click()
    expect(page.locator(".found")).to_have_count(1)


def test_misspelt_words_and_hostile_text(open_page, library):  # noqa: F811
    page = open_page("/search?q=descalle+kettle")
    expect(page.locator(".found h2").first).to_have_text("kettle.md")
    page.locator("#corrected").get_by_role("button", name="descale kettle").click()
    expect(page.locator("[name=q]")).to_have_value("descale kettle")
    expect(page.locator("#corrected")).to_be_hidden()
    expect(page.locator(".passage-text").first).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".passage img").count() == 0
    around = "import('/static/snippets.js').then((one) => one.aroundMarks('a\\nb\\n\\nc\\nd e', [[7, 8]]))"
    assert page.evaluate(around) == ["c\nd e", [[2, 3]]]  # lines far above the first mark are left out


def test_trouble_is_told_in_a_sentence(open_page, library):  # noqa: F811
    page = open_page("/search")
    page.route("**/api/v1/search?*", lambda route: route.abort())
    page.keyboard.type("kettle")
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    page.unroute("**/api/v1/search?*")
    page.get_by_role("button", name="Search again").click()
    expect(page.locator(".found").first).to_be_visible()
    assert all("ERR_FAILED" in text for text in open_page.complaints)
    open_page.complaints.clear()


def test_it_fits_a_phone_and_passes_axe(open_page, library):  # noqa: F811
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = open_page("/search", scheme=scheme, width=width, has_touch=width < 600)
        expect(page.locator("#search-empty")).to_be_visible()
        check(page, f"/search at {width}")
        page.goto("/search?q=invoices+of+Lindenhof+Papeterie+GmbH&since=2025-01-01")
        expect(page.locator(".found .cited")).to_have_count(1)
        check(page, f"results at {width}")
