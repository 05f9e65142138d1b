"""The list of what language models were asked: for staff alone, with the sums of what it holds."""

from decimal import Decimal

import pytest

from analysis.admin_llm import in_words
from analysis.engines.llm import ledger
from analysis.engines.llm.accounting import Call
from documents import tenancy
from tests.admin.conftest import admin, bill, clerk, signed_in  # noqa: F401 - fixtures

URL = "/admin/analysis/llmcall/"
ANSWERED = Call("extract", "tiny", 2.0, 900_000, 100_000)
FAILED = Call("answer", "tiny", 4.0, error_code="llm_timeout")


@pytest.fixture
def calls(bill, anna, settings):  # noqa: F811
    settings.LLM_PRICES = (Decimal(1), Decimal(10))
    with tenancy.as_user(anna.user):
        ledger.store([ANSWERED, FAILED], workspace_id=anna.workspace.id, job=bill.job)
        ledger.store([ANSWERED], workspace_id=anna.workspace.id)


def test_each_question_and_the_sums_are_shown(admin, calls, bill):  # noqa: F811
    html = admin.get(URL).content.decode()
    text = " ".join(html.split())
    assert "3 questions, 1 failed" in text
    assert "1,800,000 + 200,000 tokens · 2.7 s on average · cost 3.80" in text
    assert f"/admin/jobs/job/{bill.job.pk}/change/" in html
    assert "llm_timeout" in html


def test_sums_are_of_what_the_filters_leave(admin, calls, bill):  # noqa: F811
    assert "1 question, 1 failed" in " ".join(admin.get(URL, {"outcome": "failed"}).content.decode().split())
    assert "2 questions, 0 failed" in " ".join(admin.get(URL, {"outcome": "answered"}).content.decode().split())
    assert "2 questions, 1 failed" in " ".join(admin.get(URL, {"q": str(bill.job.pk)}).content.decode().split())
    assert "tokens ·" not in admin.get(URL, {"q": "nobody"}).content.decode()


def test_nobody_writes_it(admin, calls, anna, clerk):  # noqa: F811
    assert admin.get(f"{URL}add/").status_code == 403
    assert signed_in(anna).get(URL).url.startswith("/admin/login/")
    assert clerk("view_result").get(URL).status_code == 403


@pytest.mark.parametrize(("cost", "said"), [("0", "–"), ("0.00123", "0.0012"), ("1234.5", "1,234.50")])
def test_costs_in_words(cost, said):
    assert in_words(Decimal(cost)) == said
