"""The admin of questions: each with its answer, and of those listed how many, how fast, and how well answered."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from analysis.models import QueryLog
from documents.admin_parts import ReadOnlyAdmin, mark

_LOOKED_AT = 5_000  # of the latest questions listed, for the figures
_DAYS = 14
_SLOW = 2_000  # milliseconds
_FEEDBACK: dict[str, tuple[str, str, str]] = {
    "positive": ("good", "good", "check"),
    "neutral": ("neutral", "plain", "clock"),
    "negative": ("bad", "error", "cross"),
}


class TroubleFilter(admin.SimpleListFilter):
    """Questions that somebody should look at."""

    title, parameter_name = "trouble", "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unanswered", "Without an answer"), ("slow", "Slower than 2 seconds"), ("disliked", "Thumbs down")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "unanswered":
            return queryset.filter(mode=QueryLog.Mode.NONE)
        if self.value() == "slow":
            return queryset.filter(latency_ms__gt=_SLOW)
        return queryset.filter(feedback=QueryLog.Feedback.NEGATIVE) if self.value() == "disliked" else queryset


@admin.register(QueryLog)
class QueryLogAdmin(ReadOnlyAdmin):
    """Kept for QUERIES_KEEP_DAYS."""

    change_list_template = "admin/analysis/querylog/change_list.html"
    list_display = ("created_at", "question", "mode", "opinion", "took", "user", "workspace")
    list_filter = (TroubleFilter, "mode", "feedback", "created_at")
    list_select_related = ("user", "workspace")
    search_fields = ("question", "answer", "comment", "user__username", "workspace__name")
    id_fields = ("pk", "conversation")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            response.context_data["figures"] = figures(response.context_data["cl"].queryset)
        return response

    @admin.display(description="Opinion", ordering="feedback")
    def opinion(self, log: QueryLog) -> SafeString | str:
        return mark(*_FEEDBACK[log.feedback]) if log.feedback else "–"

    @admin.display(description="Milliseconds", ordering="latency_ms")
    def took(self, log: QueryLog) -> str:
        return f"{log.latency_ms:,}"


def figures(logs: QuerySet[QueryLog]) -> dict[str, Any]:
    """Of the latest questions listed: how many, milliseconds (median, 95th percentile) in all and by step, days."""
    rows = list(
        logs.order_by("-created_at").values_list("mode", "feedback", "latency_ms", "timings", "created_at")[:_LOOKED_AT]
    )
    if not rows:
        return {"count": 0}
    steps: dict[str, list[float]] = defaultdict(list)
    for _, _, _, timings, _ in rows:
        for step, spent in timings.items():
            steps[step].append(spent)
    days = Counter(created_at.date() for *_, created_at in rows)
    missed = Counter(created_at.date() for mode, *_, created_at in rows if mode == QueryLog.Mode.NONE)
    return {
        "count": len(rows),
        "unanswered": sum(mode == QueryLog.Mode.NONE for mode, *_ in rows),
        "disliked": sum(feedback == QueryLog.Feedback.NEGATIVE for _, feedback, *_ in rows),
        "latency": _spread([latency for _, _, latency, *_ in rows]),
        "steps": [(step, *_spread(spent)) for step, spent in sorted(steps.items())],
        "days": [(day, days[day], missed[day]) for day in sorted(days, reverse=True)[:_DAYS]],
    }


def _spread(values: Sequence[float]) -> tuple[int, int]:
    middle, high = np.percentile(values, [50, 95]).tolist()
    return round(middle), round(high)
