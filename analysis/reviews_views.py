"""The pages of reviews: judge a text or a file, watch a batch fill, look at what was found and why."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.files import File
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from analysis.models.reviews import Label, ReviewBatch, ReviewRow
from analysis.presenting import progress, sentiments
from analysis.presenting.batches import Batch, Row
from analysis.reviews import listing
from analysis.reviews.corrections import may_correct
from analysis.reviews.insights import insights
from analysis.reviews.judging import LONGEST
from analysis.reviews.removal import remove_batch
from analysis.reviews.submission import FILES, submit_file
from config import throttling
from documents import content
from documents.models import Document, User
from jobs import pace
from jobs.models import Status

_PER_PAGE = 20  # batches
_ROWS = 50
_LONGEST_WORDS = 200  # characters that are searched for
_LAST = 2**31 - 1
# How sure a verdict is, as a filter: word, least and most confidence.
_SURE: dict[str, tuple[str, float | None, float | None]] = {
    "very": ("Very sure: 90 % and more", 0.9, None),
    "sure": ("Sure: 75 % and more", 0.75, None),
    "fairly": ("Fairly sure: 60 % and more", 0.6, None),
    "unsure": ("Unsure: below 60 %", None, 0.6),
}
_DOWNLOADS = (("csv", "CSV"), ("xlsx", "XLSX"), ("json", "JSON"))
_View = Callable[..., HttpResponse]


def guests_too(view: _View) -> _View:
    """For whoever is signed in; where the settings let guests in for everybody, as often as guests may call."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if not settings.REVIEWS_GUESTS:
                return redirect_to_login(request.get_full_path())
            throttling.GUEST_REQUESTS.spend(throttling.address(request))
        return view(request, *args, **kwargs)

    return guarded


@guests_too
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Where a text is judged as it is typed and files are dropped, above the batches there are."""
    page = Paginator(_batches().filter(job__pipeline=FILES), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batches": [Batch(batch) for batch in page.object_list],
        "page": page,
        "longest": LONGEST,
        "marks": sentiments.marks(),
        "confidence": sentiments.CONFIDENCE,
        "max_mb": settings.REVIEWS_MAX_MB if request.user.is_authenticated else settings.GUEST_MAX_MB,
        "stages": progress.STAGES,
        **_guest(request),
    }
    return render(request, "reviews/reviews.html", context)


@guests_too
@require_GET
def batch(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One batch: how far it is, its figures, and its rows, filtered as the address says."""
    found = Batch(get_object_or_404(_batches(), pk=job_id))
    context = {"batch": found, "stages": progress.STAGES, **_guest(request), **_figures(found.batch)}
    return render(request, "reviews/batch.html", context | _rows(request, found))


@guests_too
@require_GET
def batch_figures(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of a batch's page that changes while it is worked on."""
    found = get_object_or_404(_batches(), pk=job_id)
    return render(request, "reviews/_figures.html", {"batch": Batch(found), **_figures(found)})


@guests_too
@require_GET
def batch_rows(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The rows alone: pages that are open put them in the place of others."""
    found = Batch(get_object_or_404(_batches(), pk=job_id))
    return render(request, "reviews/_rows.html", {"batch": found, **_rows(request, found)})


@guests_too
@require_GET
def batch_verdict(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    """One row, after it was corrected: it is put in the old one's place, whether or not it fits the filter still."""
    found = get_object_or_404(ReviewRow.objects.exclude(label=""), batch=job_id, row=number)
    context = {"batch": Batch(get_object_or_404(_batches(), pk=job_id)), "one": Row(found)}
    return render(request, "reviews/_verdict_alone.html", context | _correcting(request))


@guests_too
@require_GET
def batch_insights(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What drives the negative reviews, and examples of each class. Too slow for a page: asked for after."""
    found = get_object_or_404(_batches(), pk=job_id)
    told = insights(found)
    examples = [(label, sentiments.mark(label), [Row(row) for row in told.examples[label]]) for label in Label]
    most = max((term.weight for term in told.terms), default=1.0)
    terms = [(term, round(100 * term.weight / most, 1)) for term in told.terms]
    context = {"batch": Batch(found), "sampled": told.sampled, "terms": terms, "examples": examples}
    return render(request, "reviews/_insights.html", context)


@guests_too
@require_GET
def batch_row(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One batch as a row of the list: pages that are open put it in the old row's place."""
    return render(request, "reviews/_row.html", {"batch": Batch(get_object_or_404(_batches(), pk=job_id))})


@guests_too
@require_POST
def choose_column(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Judges a batch's file once more, by another column. Counts as a file handed in."""
    found = get_object_or_404(_batches().filter(job__document__isnull=False), pk=job_id)
    document = cast(Document, found.job.document)
    user = _user(request)
    column = request.POST.get("column", "").replace("\x00", "")[:100]
    limit = throttling.UPLOADS if request.user.is_authenticated else throttling.GUEST_UPLOADS
    who = user.pk if request.user.is_authenticated else throttling.address(request)
    with limit.spent(who), content.open_file(document) as stored:
        _, job, _ = submit_file(
            File(stored, name=document.filename),
            filename=document.filename,
            workspace_id=found.workspace_id,
            user=user,
            text_column=column,
        )
    return redirect("review-batch", job.pk)


@guests_too
@require_POST
def delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Deletes a batch with its rows for good, and its file if nothing else was read from that."""
    found = get_object_or_404(_batches(), pk=job_id)
    messages.success(request, f"“{Batch(found).name}” is deleted.")
    remove_batch(found, user=_user(request))
    return redirect("reviews")


def _batches() -> QuerySet[ReviewBatch]:
    return ReviewBatch.objects.select_related("job__document").defer("job__document__markdown")


def _user(request: HttpRequest) -> User:
    """Who sees a batch is signed in or a guest."""
    return cast(User, request.user if request.user.is_authenticated else request.guest)  # type: ignore[attr-defined]


def _guest(request: HttpRequest) -> dict[str, Any]:
    """What a page tells people without an account."""
    if request.user.is_authenticated:
        return {"guest": None}
    names = ("GUEST_HOURS", "GUEST_MAX_MB", "GUEST_UPLOADS_PER_DAY", "GUEST_REQUESTS_PER_HOUR")
    return {"guest": {name.removeprefix("GUEST_").lower(): getattr(settings, name) for name in names}}


def _figures(found: ReviewBatch) -> dict[str, Any]:
    """Seconds left, while a worker is on it."""
    is_working = found.job.status == Status.WORKING
    return {"eta": pace.estimate([found.job])[found.job.pk] if is_working else None}


def _correcting(request: HttpRequest) -> dict[str, Any]:
    """What rows show to those who may correct them, and to the others."""
    user = request.user
    return {"may_correct": user.is_authenticated and may_correct(user), "marks": sentiments.marks()}


def _rows(request: HttpRequest, found: Batch) -> dict[str, Any]:
    """The rows that the address asks for; what it can't mean is left out."""
    chosen = _chosen(request)
    _, least, most = _SURE.get(chosen["sure"], ("", None, None))
    wanted = listing.Wanted(chosen["label"], least, most, chosen["q"])
    rows, following = listing.page(found.batch, wanted, after=_whole(request, "after"), limit=_ROWS)
    filters = {name: value for name, value in chosen.items() if value}
    context = {
        "rows": [Row(row) for row in rows],
        "chosen": chosen,
        "filtered": bool(filters),
        "export": urlencode({name: value for name, value in asdict(wanted).items() if value not in ("", None)}),
        "sure": [(name, words) for name, (words, _, _) in _SURE.items()],
        "first": _query(filters) if _whole(request, "after") else "",
        "following": _query(filters, after=following),
        "downloads": _DOWNLOADS,
    }
    return context | _refused(request, found, filters) | _correcting(request)


def _chosen(request: HttpRequest) -> dict[str, str]:
    chosen = {name: request.GET.get(name, "").replace("\x00", "") for name in ("label", "sure", "q")}
    chosen["label"] = chosen["label"] if chosen["label"] in Label.values else ""
    chosen["sure"] = chosen["sure"] if chosen["sure"] in _SURE else ""
    chosen["q"] = chosen["q"].strip()[:_LONGEST_WORDS]
    return chosen


def _refused(request: HttpRequest, found: Batch, filters: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the rows that have no label; the pages of the others stay where they are."""
    after = _whole(request, "refused_after")
    rows, following = listing.refused(found.batch, found.statistics, after=after)
    kept = {**filters, "after": _whole(request, "after")}
    return {
        "refused": rows,
        "refused_first": _query(kept) if after else "",
        "refused_following": _query(kept, refused_after=following),
    }


def _query(filters: Mapping[str, Any], **place: int | None) -> str:
    """The address of the page behind that place; "" if there is none."""
    if None in place.values():
        return ""
    return "?" + urlencode({name: value for name, value in {**filters, **place}.items() if value})


def _whole(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return min(int(text), _LAST) if text.isascii() and text.isdigit() and len(text) < 12 else 0
