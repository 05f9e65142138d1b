"""Asking as people do: the answer comes, its places open beside it, and it is judged, copied and found again."""

import re

import pytest
from playwright.sync_api import expect

from analysis.models import QueryLog
from documents import tenancy
from tests.browser.library import MANUAL, embedder, library  # noqa: F401
from tests.browser.test_desk import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SENTENCE = "Descale the kettle of the kitchen every thirty days."
QUESTION = "Descale the kettle of the kitchen when?"
INVOICE = "Sketchbooks and fineliners for the drawing course, payable when?"


def ask(page, question):
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator("[data-tools]")).to_be_visible()
    return turn


def test_an_answer_opens_its_place_beside_it(open_page, library):  # noqa: F811
    page = open_page("/ask")
    turn = ask(page, INVOICE)
    expect(turn.locator(".answer")).to_contain_text("Sketchbooks and fineliners")
    expect(turn.get_by_text("quoted from the documents")).to_be_visible()
    source = turn.get_by_role("button", name="Source 1: factur-x.pdf, page 1")
    source.click()
    beside = page.locator("#beside")
    expect(beside.locator("h2")).to_have_text("Lindenhof Papeterie GmbH")
    expect(beside.locator("h2")).to_be_focused()
    expect(beside.locator(".cited")).to_be_in_viewport()
    expect(source).to_have_attribute("aria-expanded", "true")
    link = beside.get_by_role("link", name="Open the document").get_attribute("href")
    assert link == f"/documents/{library['invoice'].id}#page=1&box=10,20,300,30"
    page.keyboard.press("Escape")
    expect(beside).to_be_hidden()
    expect(source).to_be_focused()


def test_text_without_pages_is_shown_with_the_words_marked(open_page, library):  # noqa: F811
    page = open_page(f"/documents/{library['manual'].id}")
    page.get_by_role("link", name="Ask about this document").click()
    page.wait_for_url("**/ask/*")
    turn = ask(page, QUESTION)
    expect(turn.locator(".answer")).to_contain_text(SENTENCE)
    turn.locator(".source").first.click()
    expect(page.locator("#beside .prose")).to_contain_text("The kettle stands level.")
    expect(page.locator("#beside .beside-body")).not_to_have_attribute("aria-busy", "true")
    marked = "[...CSS.highlights.get('cited')].map(range => range.toString()).join()"
    assert page.evaluate(marked).rstrip(".") == SENTENCE.rstrip(".")
    assert page.locator(".turn img, .prose img").count() == 0


def test_sums_show_their_addends(open_page, library):  # noqa: F811
    page = open_page("/ask")
    page.get_by_role("button", name="What is the total of the invoices of Lindenhof Papeterie GmbH?").click()
    computed = page.locator(".computed")
    expect(computed.locator("tfoot")).to_contain_text("559,15 €")
    expect(computed.locator("tfoot")).to_contain_text("of these 1 unreviewed")
    row = computed.locator("tbody tr")
    expect(row.locator(".mark:visible")).to_have_text("unreviewed")
    row.get_by_role("button", name="Lindenhof Papeterie GmbH · factur-x.pdf").click()
    place = page.locator("#beside .cited").evaluate("mark => [mark.style.left, mark.style.top]")
    assert [round(float(side.rstrip("%")), 1) for side in place] == [75.3, 56.9]


def test_what_is_not_told_says_so_with_what_comes_near(open_page, library):  # noqa: F811
    page = open_page("/ask")
    turn = ask(page, "Quantum chromodynamics lattice simulations?")
    expect(turn.locator(".answer")).to_contain_text("don't seem to tell")
    turn.locator(".near", has_text="kettle.md").click()
    expect(page.locator("#beside .prose")).to_be_visible()


def test_an_answer_is_judged_copied_and_found_again(open_page, library, anna):  # noqa: F811
    page = open_page("/ask", permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, QUESTION)
    thumb = turn.get_by_role("button", name="Bad answer")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    turn.get_by_label("What was good or bad about it (optional)").fill("too short")
    turn.get_by_role("button", name="Send").click()
    expect(turn.get_by_text("the comment is kept")).to_be_visible()
    with tenancy.as_user(anna.user):
        log = QueryLog.objects.get()
    assert (log.feedback, log.comment) == ("negative", "too short")
    turn.get_by_role("button", name="Copy with sources").click()
    expect(turn.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert SENTENCE in copied
    assert re.search(r"\[1\] kettle\.md, page 1: “.*” http", copied)

    second = ask(page, "And the kettle of the kitchen stands how?")
    expect(second.locator(".question")).to_have_text("And the kettle of the kitchen stands how?")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.get_by_role("button", name="Bad answer").first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#ask-empty")).to_be_visible()
    page.get_by_text("Earlier").click()
    page.locator("#history-list").get_by_role("button", name=re.compile(f"{re.escape(QUESTION)} and 1 more")).click()
    expect(page.locator(".turn")).to_have_count(2)
    assert "conversation=" in page.url


def test_an_answer_is_stopped_and_trouble_told(open_page, library):  # noqa: F811
    page = open_page("/ask")
    held = []
    page.route("**/api/v1/ask", lambda route: held.append(route))
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Looking through the documents")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    page.unroute("**/api/v1/ask")
    page.route("**/api/v1/ask", lambda route: route.abort())
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    page.unroute("**/api/v1/ask")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn .answer")).to_contain_text(SENTENCE)
    expect(page.locator(".turn")).to_have_count(1)
    assert all("ERR_FAILED" in text for text in open_page.complaints)
    open_page.complaints.clear()


def test_a_conversation_that_is_gone_begins_anew(open_page, library):  # noqa: F811
    page = open_page("/ask?conversation=5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c03")
    expect(page).to_have_url(re.compile("/ask$"))
    expect(page.locator("#ask-empty")).to_be_visible()


def test_it_fits_a_phone_and_passes_axe(open_page, library):  # noqa: F811
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = open_page("/ask", scheme=scheme, width=width, has_touch=width < 600)
        check(page, f"/ask at {width}")
        ask(page, "What is the total of the invoices of Lindenhof Papeterie GmbH?")
        turn = ask(page, INVOICE)
        turn.get_by_role("button", name="Good answer").click()
        check(page, f"answers at {width}")
        turn.locator(".source").first.click()
        expect(page.locator("#beside .cited")).to_be_in_viewport()
        check(page, f"a source at {width}")


def test_the_manual_says_what_it_is_tested_for():
    assert SENTENCE in MANUAL
