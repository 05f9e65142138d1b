"""The admin of what was found: results, reviewed beside their pages, and the corrections that people made."""

from typing import Any
from uuid import UUID

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Other modules of the admin register themselves.
from analysis import (  # noqa: F401
    admin_learning,
    admin_llm,
    admin_questions,
    admin_review,
    admin_reviews,
    admin_types,
    document_types,
    review,
)
from analysis.admin_forms import shown
from analysis.admin_review import Forms, Moved
from analysis.models import Correction, Field, Result
from analysis.presenting import verdicts
from analysis.presenting.fields import label_of
from config.errors import status_of
from documents import content, rendering
from documents.admin_parts import ReadOnlyAdmin, confirm, link_to, mark, person, run_for_each
from documents.downloads import cached, unchanged
from documents.errors import DomainError, PreconditionFailed
from documents.models import Document

log = structlog.get_logger(__name__)

PAGE_WIDTHS = (800, 1200, 1600, 2400)  # pixels; few, so that what a browser has kept is asked for again
_SUMMARY = (
    "vendor",
    "insurer",
    "title",
    "invoice_number",
    "policy_number",
    "total",
    "amount_due",
    "premium",
    "currency",
)


class VerdictFilter(admin.SimpleListFilter):
    """What the checks say."""

    title, parameter_name = "checks", "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Nothing wrong"), ("no", "Something wrong")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(validation__is_valid=self.value() == "yes")


class DocumentTypeFilter(admin.SimpleListFilter):
    """The types that there can be; asking the table which there are would read all of it."""

    title, parameter_name = "document type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, document_types.get(name).label) for name in document_types.names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(document_type=self.value()) if self.value() else queryset


@admin.register(Result)
class ResultAdmin(ReadOnlyAdmin):
    """A result opens as the review screen. With the view permission alone, it is only to be read."""

    list_display = (
        "document_name",
        "document_type",
        "vendor",
        "number",
        "total",
        "verdict",
        "review",
        "workspace",
        "created_at",
    )
    list_filter = ("review_status", VerdictFilter, DocumentTypeFilter, "created_at")
    list_select_related = ("document", "workspace", "approved_by")
    search_fields = ("document__filename", "workspace__name")
    search_help_text = "A file name, a workspace, or the id of a result, its document or its job."
    id_fields = ("pk", "document_id", "job_id")
    date_hierarchy = "created_at"
    actions = ("approve_results",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Result]:
        summary = Prefetch("fields", Field.objects.filter(name__in=_SUMMARY), to_attr="summary")
        return (
            super().get_queryset(request).defer("line_items", "extra", "document__markdown").prefetch_related(summary)
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("next/", wrap(self.next_view), name="analysis_result_next"),
            # The page's image says itself how it may be kept.
            path(
                "<uuid:result_id>/pages/<int:number>.png",
                wrap(self.page_view, cacheable=True),
                name="analysis_result_page",
            ),
            *super().get_urls(),
        ]

    @admin.display(description="Document", ordering="document__filename")
    def document_name(self, result: Result) -> str:
        return result.document.filename

    @admin.display(description="From")
    def vendor(self, result: Result) -> str:
        return _summary(result, "vendor", "insurer", "title")

    @admin.display(description="Number")
    def number(self, result: Result) -> str:
        return _summary(result, "invoice_number", "policy_number")

    @admin.display(description="Total")
    def total(self, result: Result) -> SafeString:
        amount = shown("amount", _summary(result, "total", "amount_due", "premium"))
        return format_html('<span class="amount">{} {}</span>', amount, _summary(result, "currency"))

    @admin.display(description="Checks", ordering="validation__is_valid")
    def verdict(self, result: Result) -> SafeString:
        found = verdicts.verdict(result)
        return mark(found.word, found.tone, found.icon)

    @admin.display(description="Review", ordering="review_status")
    def review(self, result: Result) -> SafeString:
        return mark(*_REVIEW[result.review_status])

    @admin.action(description="Approve…", permissions=["operate"])
    def approve_results(self, request: HttpRequest, queryset: QuerySet[Result]) -> HttpResponse | None:
        question = "Approve these results as they are?"
        page = confirm(self, request, queryset, question=question, button="Approve")
        if page is not None:
            return page
        user = person(request)
        return run_for_each(
            self,
            request,
            queryset,
            lambda result: review.approve(result.pk, user=user, expected_version=result.version),
            done="approved",
        )

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """The next result that waits for review."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        after = _uuid(request.GET.get("after", ""))
        found = Result.objects.only("id", "created_at", "worth").filter(pk=after).first() if after else None
        return self._to_next(request, found)

    def _to_next(self, request: HttpRequest, after: Result | None) -> HttpResponse:
        found = admin_review.following(after)
        if found is None:
            messages.info(request, "Nothing else waits for review.")
            return redirect("admin:analysis_result_changelist")
        return redirect("admin:analysis_result_change", found.pk)

    def page_view(self, request: HttpRequest, result_id: UUID, number: int) -> HttpResponseBase:
        """A page of the result's document as a PNG, for nobody but who asked."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = Document.objects.defer("markdown").filter(results=result_id).first()
        if document is None:
            raise Http404
        rotation = get_object_or_404(document.pages.only("rotation"), number=number).rotation
        width = _width(request.GET.get("width", ""))
        etag = f"{document.sha256}-{number}-{rotation}-{width}"
        if answer := unchanged(request, etag):
            return answer
        try:
            with content.local_file(document) as file:
                png = rendering.render_page(file, document.media_type, number, width_px=width, rotation=rotation)
        except DomainError as error:
            return HttpResponse(error.detail, status=status_of(error), content_type="text/plain; charset=utf-8")
        return cached(HttpResponse(png, content_type="image/png"), etag)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
            return missing
        result = admin_review.load(found.pk)
        if request.method != "POST":
            log.info("staff_opened_result", result=str(result.pk), user=person(request).pk)
            return self._screen(request, result, admin_review.forms_of(result))
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if "_revert" in request.POST:
            return self._revert(request, result)
        return self._save(request, result)

    def _save(self, request: HttpRequest, result: Result) -> HttpResponse:
        forms, approve = admin_review.forms_of(result, request.POST), "_approve" in request.POST
        try:
            saved, changed = admin_review.save(result.pk, forms, user=person(request), approve=approve)
        except PreconditionFailed:
            now = admin_review.load(result.pk)
            merged, moved = admin_review.merged(now, request.POST)
            return self._screen(request, now, merged, status=409, moved=moved, raced=True)
        except DomainError as error:
            forms.values.add_error(None, error.detail)
            saved, changed = None, []
        if saved is None:
            return self._screen(request, result, forms)
        return self._saved(request, result, changed, approve)

    def _saved(self, request: HttpRequest, result: Result, changed: list[str], approve: bool) -> HttpResponse:
        done = [*([f"Corrected {', '.join(changed)}."] if changed else []), *(["Approved."] if approve else [])]
        if not done:
            messages.info(request, "Nothing was changed.")
            return redirect(request.path)
        self.log_change(request, result, " ".join(done))
        messages.success(request, f"“{result.document.filename}”: {' '.join(done)}")
        return self._to_next(request, result) if approve else redirect(request.path)

    def _revert(self, request: HttpRequest, result: Result) -> HttpResponse:
        number = request.POST["_revert"]
        try:
            correction = result.corrections.get(pk=int(number) if number.isdecimal() else 0)
        except Correction.DoesNotExist:
            raise Http404 from None
        review.revert(result.pk, correction.pk, user=person(request))
        self.log_change(request, result, f"Took back a correction of {label_of(correction.field)}.")
        messages.success(request, f"{label_of(correction.field)} is again what it was before that correction.")
        return redirect(request.path)

    def _screen(
        self,
        request: HttpRequest,
        result: Result,
        forms: Forms,
        *,
        status: int = 200,
        moved: list[Moved] | None = None,
        raced: bool = False,
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            **admin_review.screen(result, forms),
            "title": result.document.filename,
            "opts": self.opts,
            "original": result,
            "result": result,
            "can_change": self.has_operate_permission(request),
            "can_open_document": request.user.has_perm("documents.view_document"),
            "widths": PAGE_WIDTHS,
            "moved": moved,
            "raced": raced,
        }
        return TemplateResponse(request, "admin/analysis/result/review.html", context, status=status)


_REVIEW: dict[str, tuple[str, str, str]] = {
    Result.ReviewStatus.PENDING: ("waiting", "plain", "clock"),
    Result.ReviewStatus.CORRECTED: ("corrected", "plain", "person"),
    Result.ReviewStatus.APPROVED: ("approved", "good", "check"),
}


def _summary(result: Any, *names: str) -> str:
    values = {field.name: str(field.value) for field in result.summary}
    return next((values[name] for name in names if values.get(name)), "")


def _width(given: str) -> int:
    wanted = int(given) if given.isdecimal() and len(given) < 6 else PAGE_WIDTHS[1]
    return next((width for width in PAGE_WIDTHS if width >= wanted), PAGE_WIDTHS[-1])


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    """What people changed. Append-only: a correction is taken back, by another one, on its result's screen."""

    list_display = ("created_at", "document_name", "label", "before", "after", "old_source", "user")
    list_display_links = ("created_at",)
    list_filter = ("created_at", "old_source")
    list_select_related = ("user", "result__document")
    search_fields = ("field", "result__document__filename", "user__username")
    id_fields = ("result_id", "result__document_id")
    date_hierarchy = "created_at"
    fields = ("result_link", "field", "old_value", "new_value", "old_source", "user", "created_at")
    readonly_fields = ("result_link",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        big = ("result__line_items", "result__extra", "result__validation", "result__document__markdown")
        return super().get_queryset(request).defer(*big)

    @admin.display(description="Document")
    def document_name(self, correction: Correction) -> SafeString:
        return link_to(Result, correction.result_id, correction.result.document.filename)

    @admin.display(description="Result")
    def result_link(self, correction: Correction) -> SafeString:
        return link_to(Result, correction.result_id, correction.result.document.filename)

    @admin.display(description="Field", ordering="field")
    def label(self, correction: Correction) -> str:
        return label_of(correction.field)

    @admin.display(description="Before")
    def before(self, correction: Correction) -> str:
        return admin_review.in_words("", correction.old_value)

    @admin.display(description="After")
    def after(self, correction: Correction) -> str:
        return admin_review.in_words("", correction.new_value)
