"""Pictures among the results: seen, named for those who don't see them, and a click away from their place."""

import re

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from documents import intake, tenancy
from documents.models import Page
from documents.pages import Box
from tests.analysis.search.conftest import embedder, keep  # noqa: F401 - the embedder is by words, and used by all
from tests.analysis.test_picture_sets import picture
from tests.api.test_search_pictures import server, show  # noqa: F401 - the server is used by all
from tests.browser.test_desk import check
from tests.llm_server import refused
from tests.picture_papers import HEIGHT, WIDTH, manual

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def handbook(anna):
    with tenancy.as_user(anna.user):
        made, _ = intake.receive(
            ContentFile(manual()), filename="pump.pdf", workspace_id=anna.workspace.id, user=anna.user
        )
        made.page_count = 2
        made.save()
        for number in (1, 2):
            Page(workspace=anna.workspace, document=made, number=number, width=WIDTH, height=HEIGHT).save()
    keep(anna, ["How the pump is looked after in the first year, and by whom."], document=made)
    red, blue = picture("red", 1, "Figure 1: The pump as it comes out of its box"), picture("blue", 2)
    show(anna, made, replaced(red, Box(60, 100, 260, 250)), replaced(blue, Box(150, 400, 350, 550)))
    return made


def replaced(shown, box):
    return type(shown)(shown.page, box, shown.caption, shown.jpeg)


def test_a_picture_is_shown_and_leads_to_its_place(open_page, handbook):
    page = open_page("/search?q=something+blue")
    found = page.locator(".passage-picture")
    expect(found).to_have_count(1)
    expect(found.get_by_role("img", name="Picture on page 2")).to_have_js_property("complete", True, timeout=30_000)
    assert found.locator("img").evaluate("image => image.naturalWidth") > 300
    expect(found.locator(".passage-place")).to_have_text("Page 2 · Picture")
    expect(page.locator("#search-status")).to_have_text(re.compile("1 picture in 1 document"))
    page.locator("[name=q]").fill("red pump")
    expect(found.get_by_role("img", name="Figure 1: The pump as it comes out of its box")).to_be_visible()
    expect(found.locator("mark")).to_have_text("pump")
    found.click()
    page.wait_for_url(f"**/documents/{handbook.id}#page=1&box=60,100,260,250")
    expect(page.locator("#page-1 .cited")).to_be_in_viewport()


def test_that_pictures_could_not_be_searched_is_said(open_page, handbook, server):  # noqa: F811
    server.always = lambda _asked: refused(400)
    page = open_page("/search?q=pump")
    expect(page.locator("#search-status")).to_have_text(re.compile("Pictures could not be searched just now"))
    expect(page.locator(".passage")).to_have_count(1)


def test_pictures_fit_a_phone_and_pass_axe(open_page, handbook):
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = open_page("/search?q=red+pump", scheme=scheme, width=width, has_touch=width < 600)
        expect(page.locator(".passage-picture img")).to_have_js_property("complete", True, timeout=30_000)
        check(page, f"pictures at {width}")
