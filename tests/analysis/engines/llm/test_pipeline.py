"""The document pipeline with a language model beside the rules, and without it when it is away."""

import pytest

from analysis.models import LlmCall
from analysis.warming import _warm
from documents import tenancy
from documents.samples import FOLDER
from tests.analysis.test_pipeline import ended, result_of, submit
from tests.llm_server import Asked, content, refused

pytestmark = pytest.mark.django_db(transaction=True)


def calls_of(person) -> list[LlmCall]:
    with tenancy.as_user(person.user):
        return list(LlmCall.objects.all())


def about_documents(server) -> list[Asked]:
    """Without the question that a worker warms the model with when it boots, sooner or later."""
    return [asked for asked in server.asked if asked.body["messages"][0]["content"] != "Answer with: ok"]


def test_what_the_model_reads_is_fused_and_what_it_costs_is_kept(anna, mallory, worker, server, settings):
    settings.LLM_IMAGES = 1
    server.always = lambda _asked: content({"total": "0.07", "buyer": "made up"})
    job = ended(anna, submit(anna, (FOLDER / "invoice.pdf").read_bytes(), "invoice.pdf").job)
    assert job.status == "done"
    result, fields = result_of(anna, job)
    assert result.model_version.endswith("llm:tiny")
    assert fields["total"].source != "llm"
    (asked,) = about_documents(server)
    assert asked.body["messages"][1]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    (call,) = calls_of(anna)
    assert (call.job_id, call.purpose, call.model) == (job.id, "extract", "tiny")
    assert (call.prompt_tokens, call.completion_tokens, call.error_code) == (120, 30, "")
    assert calls_of(mallory) == []
    assert "llm_calls" not in result.extra


def test_documents_go_on_without_the_model(anna, worker, server):
    server.always = lambda _asked: refused(404, "model_not_found")
    job = ended(anna, submit(anna, (FOLDER / "invoice.pdf").read_bytes(), "invoice.pdf").job)
    result, fields = result_of(anna, job)
    assert (job.status, "total" in fields) == ("done", True)
    warning = next(issue for issue in result.validation["issues"] if issue["code"] == "llm_not_asked")
    assert warning["severity"] == "warning"
    (call,) = calls_of(anna)
    assert (call.error_code, call.prompt_tokens) == ("llm_status", 0)


def test_an_e_invoice_needs_no_model(anna, worker, server):
    ended(anna, submit(anna, (FOLDER / "factur-x.pdf").read_bytes(), "factur-x.pdf").job)
    assert about_documents(server) == []


def test_workers_that_extract_warm_the_model(server):
    for queues in ({"webhooks"}, {"embed"}, {"extract"}):
        _warm(queues)
    assert [asked.body["messages"][0]["content"] for asked in server.asked] == ["Answer with: ok"]
