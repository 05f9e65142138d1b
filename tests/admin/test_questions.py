"""Questions in the admin: those to look at, and figures above the list."""

import pytest

from analysis.models import QueryLog
from documents import tenancy

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(anna):
    with tenancy.as_user(anna.user):
        own = {"workspace_id": anna.workspace.id, "user": anna.user}
        QueryLog.objects.create(**own, question="Where is it?", mode="none", latency_ms=90, timings={"pick": 50.0})
        QueryLog.objects.create(**own, question="How slow?", mode="llm", latency_ms=9000, timings={"write": 8900.0})
        QueryLog.objects.create(**own, question="How bad?", mode="extractive", latency_ms=10, feedback="negative")


@pytest.mark.parametrize(
    ("trouble", "question"), [("unanswered", "Where is it?"), ("slow", "How slow?"), ("disliked", "How bad?")]
)
def test_questions_to_look_at_are_found(admin, asked, trouble, question):
    page = admin.get("/admin/analysis/querylog/", {"trouble": trouble})
    assert [log.question for log in page.context["cl"].result_list] == [question]


def test_figures_stand_above_the_list(admin, asked):
    page = admin.get("/admin/analysis/querylog/")
    figures = page.context["figures"]
    assert (figures["count"], figures["unanswered"], figures["disliked"]) == (3, 1, 1)
    assert figures["latency"][0] == 90
    assert ("pick", 50, 50) in figures["steps"]
    assert figures["days"][0][1:] == (3, 1)
    assert "3 questions" in page.content.decode()


def test_an_empty_list_has_none(admin):
    assert admin.get("/admin/analysis/querylog/").context["figures"] == {"count": 0}
