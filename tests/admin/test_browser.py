"""The review screen in a real browser: corrected and approved from the keyboard, with the boxes lit."""

import os
import re
from pathlib import Path

import pytest

from analysis.models import Result
from documents import tenancy
from tests.admin.conftest import make_case
from tests.conftest import make_person

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("VOUCH_REQUIRE_BROWSER") != "1", reason="there is no /usr/bin/chromium"
    ),
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    # Playwright runs an event loop in this thread, in which Django otherwise refuses to use the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def people(transactional_db):
    return make_person("anna"), make_person("sam", staff=True)


@pytest.fixture
def page(chromium, live_server, people):
    """Signed in to the admin; anything on the console is an error."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url, locale="en-GB")
    context.set_default_timeout(20_000)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/admin/")
    page.fill("#id_username", "sam")
    page.fill("#id_password", "secret-of-sam")
    page.keyboard.press("Enter")
    page.wait_for_selector(".board")
    yield page
    context.close()
    assert said == []


def kept(person, case):
    with tenancy.as_staff(person.user):
        result = Result.objects.get(pk=case.result.pk)
        return result, {field.name: field.value for field in result.fields.all()}


def lit(page):
    return page.eval_on_selector_all(".box.lit", "boxes => boxes.map(box => box.dataset.box)")


def test_corrected_and_approved_from_the_keyboard(page, people):
    anna, sam = people
    first, second = make_case(anna, 1), make_case(anna, 2)
    page.reload()
    page.click("text=Start reviewing")
    page.wait_for_url(f"**{first.url}")
    page.wait_for_function("document.querySelector('.page-sheet img').naturalWidth > 0")

    # The first thing in doubt has the focus; what has a box lights it.
    doubtful = page.eval_on_selector_all(".in-doubt", "all => all.map(one => one.dataset.name)")
    assert page.evaluate("document.activeElement.closest('[data-name]').dataset.name") == doubtful[0]
    while page.evaluate("document.activeElement.name") != "value-date":
        page.keyboard.press("Tab")
    assert lit(page) == ["date"]

    while page.evaluate("document.activeElement.name") != "value-total":
        page.keyboard.press("Enter")
    assert lit(page) == ["total"]
    # Its box, far down on the page, was scrolled into view.
    frame, box = page.locator("[data-pages]").bounding_box(), page.locator("[data-box=total]")
    page.wait_for_function(
        "bottom => document.querySelector('[data-box=total]').getBoundingClientRect().bottom < bottom",
        arg=frame["y"] + frame["height"],
    )
    assert frame["y"] < box.bounding_box()["y"]

    page.keyboard.press("Control+a")
    page.keyboard.type("1.309,00")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".messagelist .success")
    result, values = kept(sam, first)
    assert (values["total"], result.review_status) == ("1309.00", "corrected")
    assert page.locator("ins", has_text="1,309.00").count() == 1

    page.locator("[name=value-vendor]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Ink Ltd")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{second.url}")
    result, values = kept(sam, first)
    assert (values["vendor"], result.review_status, result.approved_by) == ("Ink Ltd", "approved", sam.user)


def test_a_box_leads_to_its_value_and_rows_come_and_go(page, people):
    anna, sam = people
    case = make_case(anna)
    page.goto(case.url)
    page.click("[data-box=vendor]")
    assert page.evaluate("document.activeElement.name") == "value-vendor"
    page.hover("[data-name=subtotal]")
    assert lit(page) == ["subtotal"]
    page.click("[data-box=line-2]")
    assert page.evaluate("document.activeElement.name") == "lines-1-description"
    page.locator("[data-name=line-1]").get_by_label("Remove this row").click()
    page.click("[data-rows=lines] [data-add]")
    assert page.evaluate("document.activeElement.name") == "lines-2-description"
    page.keyboard.type("Glue")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".messagelist .success")
    lines = kept(sam, case)[0].line_items
    assert [(line["description"], line["source"]) for line in lines] == [("Ink", "rules"), ("Glue", "person")]


def test_leaving_with_something_unsaved_warns(page, people):
    case = make_case(people[0])
    page.goto(case.url)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.click(".skip-on")  # nothing typed: nothing asked
    page.wait_for_url(re.compile("analysis/result/$"))
    page.goto(case.url)
    page.fill("[name=value-vendor]", "Ink Ltd")
    page.click(".skip-on", no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.input_value("[name=value-vendor]") == "Ink Ltd"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_everyone_can_use_it(page, people, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    case = make_case(people[0])
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for url in ("/admin/", "/admin/analysis/result/", f"/admin/jobs/job/{case.job.pk}/change/", case.url):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], url
