"""The overview on the admin's first page: what runs, what failed and why, what waits for a person."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from analysis.models import Result
from analysis.presenting import progress
from jobs import board
from jobs.models import OPEN, Job, Status

register = template.Library()

_CAUSES = 5
_COUNTED = 1_000  # what is waiting is counted so far: more of it is "a lot", and counting on would be slow


@register.simple_tag(takes_context=True)
def overview(context: dict[str, Any]) -> dict[str, Any]:
    """Only what the person may see; counts over indexes and the last day, whatever the tables hold."""
    user = context["user"]
    since = timezone.now() - timedelta(days=1)
    found: dict[str, Any] = {}
    if user.has_perm("jobs.view_job") or user.has_perm("jobs.change_job"):
        found |= {"states": _states(since), "causes": _causes(since)}
        found |= {"queues": board.of_queues(), "dead_letters": _dead_letters()}
    if user.has_perm("analysis.view_result") or user.has_perm("analysis.change_result"):
        found["reviews"] = [_waiting(status) for status in (Result.ReviewStatus.PENDING, Result.ReviewStatus.CORRECTED)]
    return found


def _states(since: Any) -> list[dict[str, Any]]:
    """All jobs that are open, and those of the last day that are over."""
    recent = Job.objects.filter(Q(status__in=OPEN) | Q(created_at__gte=since))
    counts = dict(recent.order_by().values_list("status").annotate(Count("pk")))
    states = []
    for status in Status:
        query = {"status__exact": status.value}
        if status not in OPEN:
            query["created_at__gte"] = since.isoformat(timespec="seconds")
        link = _link("jobs_job", query)
        states.append({"state": progress.state(Job(status=status)), "count": counts.get(status, 0), "link": link})
    return states


def _causes(since: Any) -> list[dict[str, Any]]:
    """The commonest causes of the jobs that failed in the last day, with what one of each says."""
    failed = Job.objects.filter(status=Status.DEADLETTER, created_at__gte=since).order_by()
    counts = failed.values_list("error_code").annotate(count=Count("pk")).order_by("-count", "error_code")[:_CAUSES]
    examples = dict(
        failed.distinct("error_code").order_by("error_code", "-created_at").values_list("error_code", "error_detail")
    )
    query = {"status__exact": Status.DEADLETTER.value, "created_at__gte": since.isoformat(timespec="seconds")}
    return [
        {
            "code": code,
            "count": count,
            "detail": examples.get(code, ""),
            "link": _link("jobs_job", query | {"error_code__exact": code}),
        }
        for code, count in counts
    ]


def _dead_letters() -> dict[str, Any]:
    count = Job.objects.filter(status=Status.DEADLETTER).order_by().count()
    return {"count": count, "link": _link("jobs_job", {"status__exact": Status.DEADLETTER.value})}


def _waiting(status: Result.ReviewStatus) -> dict[str, Any]:
    count = Result.objects.filter(review_status=status).order_by()[: _COUNTED + 1].count()
    return {
        "status": status,
        "count": f"{_COUNTED:,}+" if count > _COUNTED else count,
        "link": _link("analysis_result", {"review_status__exact": status.value}),
    }


def _link(name: str, query: dict[str, str]) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}"
