"""The page of jobs: what runs, what waits, what failed and why."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from analysis.presenting import progress, rows
from jobs.models import OPEN, WAITING, Job, Status

_PER_PAGE = 40
_FILTERS = {
    "working": ("Running", (Status.WORKING,)),
    "waiting": ("Waiting", WAITING),
    "failed": ("Failed", (Status.DEADLETTER,)),
    "done": ("Done", (Status.DONE, Status.CANCELLED)),
}


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs, the latest first."""
    found = Job.objects.filter(document__isnull=False).select_related("document").defer("document__markdown")
    state = request.GET.get("state", "")
    if state in _FILTERS:
        found = found.filter(status__in=_FILTERS[state][1])
    page = Paginator(found.order_by("-created_at", "id"), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": rows.of_jobs(page.object_list),
        "page": page,
        "state": state,
        "states": [(name, label) for name, (label, _) in _FILTERS.items()],
        "open": Job.objects.filter(status__in=OPEN).count(),
        "stages": progress.STAGES,
    }
    return render(request, "jobs/jobs.html", context)


@login_required
@require_GET
def job_row(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job as a row of a list: pages that are open put it in the old row's place."""
    job = get_object_or_404(Job.objects.select_related("document").filter(document__isnull=False), pk=job_id)
    [row] = rows.of_jobs([job])
    return render(request, "documents/_row.html", {"row": row})
