"""The pages of jobs: what runs, what waits, what failed and why; the story of one; how it went these days."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from analysis.presenting import progress, rows, timing
from analysis.presenting.causes import advice
from analysis.submission import PIPELINE
from jobs import board, history, stages
from jobs.models import Job, Status

_PER_PAGE = 40
_CAUSES = 8
_EVENTS = 500  # of a job's story, the latest
_FILTERS = {
    "working": ("Running", Q(status=Status.WORKING)),
    "waiting": ("Waiting", Q(status=Status.QUEUED)),
    "retrying": ("Trying again", Q(status=Status.RETRYABLE)),
    "failed": ("Failed", Q(status=Status.DEADLETTER)),
    "done": ("Done", Q(status=Status.DONE)),
    "cancelled": ("Cancelled", Q(status=Status.CANCELLED)),
}


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs, the latest first, below what waits and runs at each stage and what failed for which cause."""
    chosen = {name: request.GET.get(name, "").strip().replace("\x00", "") for name in ("state", "stage", "code", "q")}
    found = _filtered(visible(), chosen).order_by("-created_at", "id")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": rows.of_jobs(page.object_list),
        "page": page,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "states": [(name, label) for name, (label, _) in _FILTERS.items()],
        "stage_names": rows.stage_names(PIPELINE),
        "next": request.get_full_path(),
        "stages": progress.STAGES,
        **_board(),
    }
    return render(request, "jobs/jobs.html", context)


@login_required
@require_GET
def jobs_board(request: HttpRequest) -> HttpResponse:
    """The part above the list: pages that are open put it in the old one's place."""
    return render(request, "jobs/_board.html", _board())


def visible() -> QuerySet[Job]:
    """The jobs that have a document to show."""
    return Job.objects.filter(document__isnull=False).select_related("document").defer("document__markdown")


def _filtered(found: QuerySet[Job], chosen: dict[str, str]) -> QuerySet[Job]:
    if chosen["state"] in _FILTERS:
        found = found.filter(_FILTERS[chosen["state"]][1])
    if stage := stages.find(PIPELINE, chosen["stage"]):
        found = found.filter(pipeline=PIPELINE, stage__in=board.milestones(stage))
    if chosen["code"]:
        found = found.filter(error_code=chosen["code"])
    for word in chosen["q"].split()[:8]:
        found = found.filter(_says(word))
    return found


def _says(word: str) -> Q:
    """A word of the file's name or of the cause, or an id."""
    says = Q(document__filename__icontains=word) | Q(error_detail__icontains=word) | Q(correlation_id=word)
    try:
        return says | Q(pk=UUID(word)) | Q(document_id=UUID(word))
    except ValueError:
        return says


def _board() -> dict[str, Any]:
    counts = board.of_jobs()
    return {
        "counts": counts,
        "board": [(one, progress.stage_words(one.stage.running)) for one in board.of_stages([PIPELINE])],
        "causes": [(cause, advice(cause.code)) for cause in board.causes(_CAUSES)] if counts.failed else [],
    }


@login_required
@require_GET
def job_row(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job as a row of a list: pages that are open put it in the old row's place."""
    [row] = rows.of_jobs([get_object_or_404(visible(), pk=job_id)])
    template = "jobs/_row.html" if request.GET.get("on") == "jobs" else "documents/_row.html"
    return render(request, template, {"row": row})


@login_required
@require_GET
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job: where it stands, how its time was spent, and its story."""
    found = get_object_or_404(visible().select_related("created_by"), pk=job_id)
    [row] = rows.of_jobs([found])
    latest = list(found.events.order_by("-seq")[:_EVENTS])[::-1]
    context = {
        "row": row,
        "job": found,
        "chart": timing.chart(found, list(found.tasks.defer("input", "lease")), latest),
        "timeline": progress.timeline(latest),
        "left_out": found.event_count - len(latest),
        "next": request.path,
        "stages": progress.STAGES,
    }
    return render(request, "jobs/job.html", context)


@login_required
@require_GET
def jobs_history(request: HttpRequest) -> HttpResponse:
    """The last two weeks: how many jobs ended each day, how, and how long they took."""
    days = history.by_day()
    return render(request, "jobs/history.html", {"chart": timing.columns(days), "days": days[::-1]})
