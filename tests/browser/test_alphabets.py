"""The page where files are handed in says what scans are written in."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis.submission import alphabet_of
from documents import tenancy
from jobs.models import Job
from tests.analysis.engines.ocr.drawing import in_two_scripts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_alphabet_goes_with_the_files(open_page, anna):
    page = open_page()
    page.get_by_label("Scans are written in").select_option("all")
    assert not Axe().run(page).response["violations"]
    with page.expect_response("**/api/v1/analyze") as answer:
        page.locator("#files").set_input_files(
            {"name": "scan.png", "mimeType": "image/png", "buffer": in_two_scripts()}
        )
    assert answer.value.status == 202
    with tenancy.as_user(anna.user):
        assert alphabet_of(Job.objects.select_related("document").get()) == "all"
