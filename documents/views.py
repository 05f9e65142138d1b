"""The pages: hand documents in, find them, and see what was read beside where it was read."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files import File
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from analysis import document_types, parts, submission
from analysis.models import Field, Result
from analysis.presenting import fields, progress, rows, verdicts
from analysis.reviews.submission import FILES as REVIEWS
from documents import alphabets, samples, tenancy
from documents.errors import Conflict
from documents.models import Document, Page, User
from documents.removal import remove
from jobs import control
from jobs.models import OPEN, Job, Status

_RECENT = 12
_SAMPLES = {"factur-x.pdf": "an e-invoice", "receipt.jpg": "a photographed receipt", "scan.pdf": "a scanned invoice"}
_PER_PAGE = 30

# What a reader filters by, as conditions on the latest job and the latest result.
_STATES = {
    "working": ("Being read", Q(job_status__in=OPEN)),
    "check": ("To check", Q(job_status=Status.DONE, valid=False) & ~Q(review=Result.ReviewStatus.APPROVED)),
    "done": ("Done", Q(job_status=Status.DONE)),
    "failed": ("Failed", Q(job_status=Status.DEADLETTER)),
    "cancelled": ("Cancelled", Q(job_status=Status.CANCELLED)),
}

_ORDERS = {
    "": ("Latest first", ("-created_at", "id")),
    "oldest": ("Oldest first", ("created_at", "id")),
    "name": ("By name", ("filename", "id")),
}

_JOBS = Job.objects.filter(document=OuterRef("pk"))
# Judged as reviews and never read as a document.
_IS_REVIEWS = Exists(_JOBS.filter(pipeline=REVIEWS)) & ~Exists(_JOBS.exclude(pipeline=REVIEWS))


@login_required
@require_GET
def upload(request: HttpRequest) -> HttpResponse:
    """Where files are dropped, above the latest documents and what becomes of them."""
    latest = Job.objects.filter(document=OuterRef("pk")).order_by("-created_at")
    documents = Document.objects.exclude(_IS_REVIEWS).annotate(worked_at=Subquery(latest.values("created_at")[:1]))
    recent = documents.defer("markdown").order_by(F("worked_at").desc(nulls_last=True), "id")[:_RECENT]
    context = {
        "rows": rows.of_documents(recent),
        "samples": _offered_samples(),
        "stages": progress.STAGES,
        "alphabets": alphabets.NAMES.items(),
    }
    return render(request, "documents/upload.html", context)


def _offered_samples() -> list[tuple[str, str]]:
    """Name and description of the samples that show the most in one look."""
    there = {path.name for path in samples.sample_files()}
    return [(name, words) for name, words in _SAMPLES.items() if name in there]


@login_required
@require_POST
def submit_sample(request: HttpRequest, name: str) -> HttpResponse:
    """Hands in one of the documents that come with the product."""
    assert isinstance(request.user, User)
    path = next((path for path in samples.sample_files() if path.name == name), None)
    if path is None:
        raise Http404
    with path.open("rb") as file:
        handed_in = submission.submit_file(
            File(file, name=path.name),
            filename=path.name,
            workspace_id=tenancy.personal_workspace(request.user).id,
            user=request.user,
        )
    if handed_in.duplicate:
        messages.info(request, f"{path.name} is here already: this is what was read from it.")
        return redirect("document", handed_in.document.id)
    return redirect("upload")


@login_required
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """All documents: searched, filtered, in order, in pages. Files of reviews have a page of their own."""
    query, kind, state, order = (request.GET.get(name, "").strip() for name in ("q", "type", "state", "order"))
    found = _searched(_described(Document.objects.defer("markdown")), query)
    if kind == REVIEWS:
        found = found.filter(_IS_REVIEWS)
    else:
        found = found.exclude(_IS_REVIEWS)
        found = found.filter(type=kind) if kind else found
    if state in _STATES:
        found = found.filter(_STATES[state][1])
    page = Paginator(found.order_by(*_ORDERS.get(order, _ORDERS[""])[1]), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": rows.of_documents(page.object_list),
        "page": page,
        "query": query,
        "kind": kind,
        "state": state,
        "order": order,
        "kinds": _kinds(),
        "states": [(name, label) for name, (label, _) in _STATES.items()],
        "orders": [(name, label) for name, (label, _) in _ORDERS.items()],
        "stages": progress.STAGES,
        "filtered": bool(query or kind or state),
    }
    return render(request, "documents/library.html", context)


def _kinds() -> list[tuple[str, str]]:
    """Name and label of all types, by label; those too that no document becomes any more."""
    types = document_types.all()
    names = sorted(types, key=lambda name: (name == document_types.OTHER, types[name].label.casefold()))
    return [*((name, types[name].label) for name in names), (REVIEWS, "Files of reviews")]


def _described(documents: QuerySet[Document]) -> QuerySet[Any]:
    """Documents with what the filters ask of their latest job and result."""
    job = Job.objects.filter(document=OuterRef("pk")).order_by("-created_at")
    result = Result.objects.filter(document=OuterRef("pk")).order_by("-created_at")
    return documents.annotate(
        job_status=Subquery(job.values("status")[:1]),
        type=Subquery(result.values("document_type")[:1]),
        valid=Subquery(result.values("validation__is_valid")[:1]),
        review=Subquery(result.values("review_status")[:1]),
    )


def _searched(documents: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Every word must be in the file's name or in a value by which people know a document."""
    for word in query.split()[:8]:
        values = Field.objects.filter(
            result__document=OuterRef("pk"), name__in=("vendor", "insurer", "title", "invoice_number", "policy_number")
        ).annotate(text=Cast("value", TextField()))
        documents = documents.filter(Q(filename__icontains=word) | Exists(values.filter(text__icontains=word)))
    return documents


@login_required
@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The document and, beside it, what was found in it. A file of reviews has a page of its own."""
    shown = get_object_or_404(Document, pk=document_id)
    job = shown.jobs.order_by("-created_at").first()
    if job and job.pipeline == REVIEWS:
        return redirect("review-batch", job.pk)
    pages = list(shown.pages.defer("words", "markdown"))
    with_image = [page for page in pages if (page.width and page.height) or page.error]
    if not pages and job and job.is_open and rows.is_drawn(shown):
        with_image = [Page(number=1)]  # drawn before it is read
    context = {
        "document": shown,
        "job": job,
        "pages": with_image,
        "pages_failed": [page for page in pages if page.error],
        "stages": progress.STAGES,
        "parts": list(shown.parts.defer("markdown").order_by("first_page", "last_page")),
        "parts_reviewed": parts.reviewed(shown).exists(),
        **_progress(job),
        **_found(shown, with_image),
    }
    return render(request, "documents/document.html", context)


@login_required
@require_POST
def join(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Says that a document is one after all, and reads it as that."""
    assert isinstance(request.user, User)
    get_object_or_404(Document.objects.only("id"), pk=document_id)
    try:
        parts.join(document_id, user=request.user, confirmed="confirm" in request.POST)
    except Conflict as error:
        messages.error(request, error.detail)
    return redirect("document", document_id)


@login_required
@require_POST
def delete(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Deletes a document with its bytes, jobs and results, for good; a file of reviews with its rows."""
    assert isinstance(request.user, User)
    found = get_object_or_404(Document.objects.only("workspace_id", "storage_key", "filename"), pk=document_id)
    control.cancel_open(found.jobs.all(), user=request.user)
    remove(found)
    messages.success(request, f"“{found.filename}” is deleted.")
    return redirect("library")


def _progress(job: Job | None) -> dict[str, Any]:
    if job is None:
        return {}
    return {
        "state": progress.state(job),
        "stage": progress.stage_words(job.stage),
        "timeline": progress.timeline(list(job.events.all())),
    }


def _found(shown: Document, pages: list[Any]) -> dict[str, Any]:
    results = shown.results.select_related("approved_by").prefetch_related("fields")
    result = results.order_by("-created_at").first()
    if result is None:
        return {}
    found = fields.boxes(result, pages)
    for page in pages:
        page.boxes = found.get(page.number, [])
    values = {field.name: field.value for field in result.fields.all()}
    return {
        "result": result,
        "groups": fields.grouped(result.fields.all()),
        "currency": values.get("currency", ""),
        "title": next((values[name] for name in ("vendor", "insurer", "title") if values.get(name)), ""),
        "values": values,
        "verdict": verdicts.verdict(result),
        "issues": verdicts.issues(result),
        "corrections": [(one, fields.label_of(one.field)) for one in result.corrections.select_related("user")],
        "lines_total": fields.lines_total(result),
    }


@login_required
@require_GET
def document_text(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The document's Markdown, rendered and raw: fetched when its tab is opened, for it can be long."""
    shown = get_object_or_404(Document, pk=document_id)
    return render(request, "documents/_text.html", {"document": shown})
