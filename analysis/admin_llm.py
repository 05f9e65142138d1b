"""The admin of what language models cost: each question, and the sums of those that are listed."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from analysis.engines.llm import accounting
from analysis.models import LlmCall
from documents.admin_parts import ReadOnlyAdmin, link_to, mark
from jobs.models import Job


class OutcomeFilter(admin.SimpleListFilter):
    """Whether there was an answer."""

    title, parameter_name = "outcome", "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("answered", "Answered"), ("failed", "Failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("answered", "failed"):
            return queryset
        return queryset.filter(error_code="") if self.value() == "answered" else queryset.exclude(error_code="")


@admin.register(LlmCall)
class LlmCallAdmin(ReadOnlyAdmin):
    """Neither question nor answer is kept; costs are by the prices that are set now."""

    change_list_template = "admin/analysis/llmcall/change_list.html"
    list_display = (
        "created_at",
        "purpose",
        "model",
        "workspace",
        "job_link",
        "prompt_tokens",
        "completion_tokens",
        "price",
        "took",
        "outcome",
    )
    list_filter = (OutcomeFilter, "created_at")
    list_select_related = ("workspace",)
    search_fields = ("model", "purpose", "error_code", "workspace__name")
    search_help_text = "A model, a purpose, an error, a workspace, or the id of a job."
    id_fields = ("job_id",)
    date_hierarchy = "created_at"
    ordering = ("-id",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            response.context_data["sums"] = sums(response.context_data["cl"].queryset)
        return response

    @admin.display(description="Job")
    def job_link(self, call: LlmCall) -> SafeString | str:
        return link_to(Job, call.job_id, str(call.job_id)[:8]) if call.job_id else "–"

    @admin.display(description="Cost")
    def price(self, call: LlmCall) -> str:
        return in_words(accounting.cost(call.prompt_tokens, call.completion_tokens))

    @admin.display(description="Seconds", ordering="seconds")
    def took(self, call: LlmCall) -> str:
        return f"{call.seconds:.1f}"

    @admin.display(description="Outcome", ordering="error_code")
    def outcome(self, call: LlmCall) -> SafeString:
        return mark(call.error_code, "error", "cross") if call.error_code else mark("answered", "good", "check")


def sums(calls: QuerySet[LlmCall]) -> dict[str, Any]:
    """Of all calls: how many, how many failed, tokens, hours, cost."""
    found = calls.order_by().aggregate(
        count=Count("id"),
        failed=Count("id", filter=~Q(error_code="")),
        prompt=Sum(F("prompt_tokens"), default=0),
        completion=Sum(F("completion_tokens"), default=0),
        seconds=Sum(F("seconds"), default=0.0),
    )
    found["cost"] = in_words(accounting.cost(found["prompt"], found["completion"]))
    found["mean"] = f"{found['seconds'] / found['count']:.1f}" if found["count"] else ""
    return found


def in_words(cost: Decimal) -> str:
    """A dash where tokens cost nothing; small sums with more digits."""
    return "–" if not cost else f"{cost:,.2f}" if cost >= 1 else f"{cost:.4f}"
