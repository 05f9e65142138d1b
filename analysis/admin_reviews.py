"""The admin of reviews: batches, the verdicts on their rows, and what people say instead."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.models.reviews import Label, ReviewBatch, ReviewCorrection, ReviewRow
from analysis.reviews import statistics
from analysis.reviews.corrections import correct
from documents.admin_parts import ReadOnlyAdmin, confirm, link_to, mark, person, run_for_each
from jobs.models import Job

_LABELS = {
    Label.POSITIVE: ("positive", "good", "check"),
    Label.NEUTRAL: ("neutral", "plain", "minus"),
    Label.NEGATIVE: ("negative", "error", "cross"),
    "": ("refused", "warning", "doubtful"),
}
_EXCERPT = 120
_BANDS = {"low": ("Below 60 %", 0.0, 0.6), "middle": ("60 to 80 %", 0.6, 0.8), "high": ("80 % and more", 0.8, 1.01)}


class ConfidenceFilter(admin.SimpleListFilter):
    """How sure the model is."""

    title, parameter_name = "confidence", "confidence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _, _) in _BANDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in _BANDS:
            return queryset
        _, low, high = _BANDS[str(self.value())]
        return queryset.filter(confidence__gte=low, confidence__lt=high)


class LabelFilter(admin.SimpleListFilter):
    title, parameter_name = "label", "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((str(value), str(words)) for value, words in Label.choices), ("refused", "Refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = "" if self.value() == "refused" else self.value()
        return queryset if wanted is None else queryset.filter(label=wanted)


@admin.register(ReviewBatch)
class ReviewBatchAdmin(ReadOnlyAdmin):
    """Files of reviews, and single texts."""

    list_display = ("name", "status", "rows", "judged", "shares", "rows_link", "workspace", "created_at")
    list_filter = (("job__status", admin.ChoicesFieldListFilter), "created_at")
    list_select_related = ("job__document", "workspace")
    search_fields = ("job__document__filename", "workspace__name")
    search_help_text = "A file name, a workspace, or the id of the job."
    id_fields = ("pk", "job__document_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewBatch]:
        return super().get_queryset(request).defer("job__document__markdown")

    @admin.display(description="File", ordering="job__document__filename")
    def name(self, batch: ReviewBatch) -> str:
        return batch.job.document.filename if batch.job.document else "a single text"

    @admin.display(description="Job", ordering="job__status")
    def status(self, batch: ReviewBatch) -> SafeString:
        return link_to(Job, batch.pk, batch.job.get_status_display())

    @admin.display(description="Classified / refused")
    def judged(self, batch: ReviewBatch) -> str:
        told = statistics.shown(batch.statistics or statistics.nothing(), batch.rows)
        return f"{told['classified']:,} / {told['refused']:,}" if batch.statistics else "–"

    @admin.display(description="Positive / neutral / negative")
    def shares(self, batch: ReviewBatch) -> str:
        if not batch.statistics:
            return "–"
        told = statistics.shown(batch.statistics, batch.rows)
        return " / ".join(f"{told[label]['percent']:.0f} %" for label in Label.values)

    @admin.display(description="Rows")
    def rows_link(self, batch: ReviewBatch) -> SafeString:
        return format_html('<a href="../reviewrow/?q={}">show</a>', batch.pk)


@admin.register(ReviewRow)
class ReviewRowAdmin(ReadOnlyAdmin):
    """Verdicts. A label that is wrong is put right by an action; the model learns from it."""

    list_display = ("excerpt", "verdict", "confidence", "language", "corrected", "row", "file")
    list_filter = (LabelFilter, ConfidenceFilter, "corrected")
    list_select_related = ("batch__job__document",)
    search_fields = ("text",)
    search_help_text = "Words of the text, or the id of a batch's job."
    id_fields = ("batch_id",)
    actions = ("is_positive", "is_neutral", "is_negative")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewRow]:
        return super().get_queryset(request).defer("batch__job__document__markdown")

    @admin.display(description="Text")
    def excerpt(self, row: ReviewRow) -> str:
        return row.text if len(row.text) <= _EXCERPT else f"{row.text[:_EXCERPT]}…"

    @admin.display(description="Label", ordering="label")
    def verdict(self, row: ReviewRow) -> SafeString:
        return mark(*_LABELS[row.label]) if row.label else format_html("{} {}", mark(*_LABELS[""]), row.code)

    @admin.display(description="File")
    def file(self, row: ReviewRow) -> SafeString:
        document = row.batch.job.document
        return link_to(ReviewBatch, row.batch_id, document.filename if document else "a single text")

    @admin.action(description="Is positive…", permissions=["operate"])
    def is_positive(self, request: HttpRequest, queryset: QuerySet[ReviewRow]) -> HttpResponse | None:
        return self._correct(request, queryset, Label.POSITIVE)

    @admin.action(description="Is neutral…", permissions=["operate"])
    def is_neutral(self, request: HttpRequest, queryset: QuerySet[ReviewRow]) -> HttpResponse | None:
        return self._correct(request, queryset, Label.NEUTRAL)

    @admin.action(description="Is negative…", permissions=["operate"])
    def is_negative(self, request: HttpRequest, queryset: QuerySet[ReviewRow]) -> HttpResponse | None:
        return self._correct(request, queryset, Label.NEGATIVE)

    def _correct(self, request: HttpRequest, queryset: QuerySet[ReviewRow], label: Label) -> HttpResponse | None:
        page = confirm(self, request, queryset, question=f"Are these reviews {label}?", button=f"They are {label}")
        if page is not None:
            return page
        act = partial(_say, label=label, user=person(request))
        return run_for_each(self, request, queryset, act, done=f"marked as {label}")


def _say(row: ReviewRow, *, label: Label, user: Any) -> None:
    correct(row.pk, label, user=user)


@admin.register(ReviewCorrection)
class ReviewCorrectionAdmin(ReadOnlyAdmin):
    """Who said what of which review, and when."""

    list_display = ("text", "old", "new", "user", "workspace", "created_at")
    list_filter = ("old", "new", "created_at")
    list_select_related = ("user", "workspace")
    search_fields = ("text", "user__username")
    id_fields = ("pk", "batch_id")
