"""What the pages of jobs do: cancel, retry, and redrive many, by plain forms that work without a script."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from documents.errors import DomainError
from documents.models import User
from jobs import control
from jobs.models import Job, Status

MOST_AT_ONCE = 1_000  # jobs of one request: it is one transaction
_REASONS = 3


@login_required
@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Starts a job that is over again, from a stage or from where it stopped."""
    stage = request.POST.get("from_stage", "")
    return _done(request, job_id, lambda user: control.retry(job_id, from_stage=stage, user=user), "Started again.")


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Stops a job."""
    words = "Cancelled. Retry it if that was a mistake: what was finished is kept."
    return _done(request, job_id, lambda user: control.cancel(job_id, user=user), words)


def _done(request: HttpRequest, job_id: UUID, act: Callable[[User], object], words: str) -> HttpResponse:
    assert isinstance(request.user, User)
    get_object_or_404(Job, pk=job_id)
    try:
        act(request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, words)
    return _back(request)


@login_required
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Retries or cancels the chosen jobs, or retries all that failed for one cause."""
    assert isinstance(request.user, User)
    chosen = _chosen(request)
    count = chosen.count()
    if not count:
        messages.error(request, "No job is chosen. Mark some in the list, and try again.")
    elif request.POST.get("action") == "cancel":
        _cancel(request, request.user, chosen)
    else:
        _redrive(request, request.user, chosen.order_by("created_at"), count)
    return _back(request)


def _chosen(request: HttpRequest) -> QuerySet[Job]:
    if code := request.POST.get("code"):
        return Job.objects.filter(status=Status.DEADLETTER, error_code=code)
    return Job.objects.filter(pk__in=[found for text in request.POST.getlist("job") if (found := _uuid(text))])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _redrive(request: HttpRequest, user: User, chosen: QuerySet[Job], count: int) -> None:
    first = Job.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)[:MOST_AT_ONCE]))
    done = control.redrive(first, from_stage=request.POST.get("from_stage", ""), user=user)
    _report(request, done.started, list(done.refused.values()), "started again")
    if count > MOST_AT_ONCE:
        messages.info(request, f"{count - MOST_AT_ONCE:,} are left; start those next.")


def _cancel(request: HttpRequest, user: User, chosen: QuerySet[Job]) -> None:
    cancelled, refused = 0, []
    for job in chosen.order_by("created_at")[:MOST_AT_ONCE]:
        try:
            control.cancel(job.pk, user=user)
        except DomainError as error:
            refused.append(error.detail)
        else:
            cancelled += 1
    _report(request, cancelled, refused, "cancelled")


def _report(request: HttpRequest, count: int, refused: list[str], done: str) -> None:
    if count:
        messages.success(request, f"{count:,} job{'' if count == 1 else 's'} {done}.")
    for reason in list(dict.fromkeys(refused))[:_REASONS]:
        messages.error(request, f"{refused.count(reason):,} refused: {reason}")


def _back(request: HttpRequest) -> HttpResponse:
    """To the page where the form stood."""
    there = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(there if own else "jobs")
