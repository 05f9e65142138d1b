"""The admin of webhooks: where they go, what was delivered and what was not; replay, cancel, switch off and on."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin_parts import ReadOnlyAdmin, confirm, link, link_to, mark, run_for_each
from jobs.models import WAITING, Delivery, Job, Status, WebhookEndpoint, WebhookTarget
from jobs.webhooks import deliveries, endpoints, payloads

_STATES = {
    Status.QUEUED: ("Waiting", "plain", "clock"),
    Status.WORKING: ("On its way", "plain", "working"),
    Status.RETRYABLE: ("Trying again", "warning", "retry"),
    Status.DONE: ("Taken", "good", "check"),
    Status.DEADLETTER: ("Not taken", "error", "cross"),
    Status.CANCELLED: ("Cancelled", "plain", "minus"),
}


class TypeFilter(admin.SimpleListFilter):
    """The types that there can be; asking the table which there are would read all of it."""

    title, parameter_name = "type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in (*payloads.TYPES, payloads.PING)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class _WebhooksAdmin(ReadOnlyAdmin):
    """Users' addresses are shown as text, so that nobody is led to them by a slip; pages have their actions at hand."""

    @admin.display(description="Address", ordering="url")
    def address(self, row: Any) -> str:
        return str(row.url)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), "can_operate": self.has_operate_permission(request)}
        return super().change_view(request, object_id, form_url, extra)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(_WebhooksAdmin):
    """Secrets are shown to nobody; who lost one makes a new one through the API."""

    list_display = ("address", "state", "events_wanted", "workspace", "description", "created_at")
    list_filter = ("active", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("url", "description", "workspace__name")
    search_help_text = "A part of an address, a workspace, or the id of a webhook."
    actions = ("switch_off", "switch_on")
    fields = ("address", "state", "events_wanted", "description", "workspace", "created_by", "created_at", "delivered")
    readonly_fields = ("address", "state", "events_wanted", "delivered")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        target = WebhookTarget.objects.filter(pk=Cast(OuterRef("pk"), CharField()))
        failing = Subquery(target.values("failing_since"))
        found: QuerySet[WebhookEndpoint] = super().get_queryset(request).annotate(failing_since=failing)
        return found.defer("secret", "previous_secret")

    @admin.display(description="State", ordering="active")
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        if not endpoint.active:
            return mark("Switched off", "plain", "minus")
        since = getattr(endpoint, "failing_since", None)
        return (
            mark(f"Failing since {since:%Y-%m-%d %H:%M}", "warning", "retry") if since else mark("On", "good", "check")
        )

    @admin.display(description="Events")
    def events_wanted(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events) or "all"

    @admin.display(description="Deliveries")
    def delivered(self, endpoint: WebhookEndpoint) -> SafeString:
        return format_html('<a href="../../../delivery/?q={}">What was sent to it</a>', endpoint.pk)

    @admin.action(description="Switch off…", permissions=["operate"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        question = "Switch these webhooks off? What waits for them becomes dead letters."
        page = confirm(self, request, queryset, question=question, button="Switch off")
        return page or self._set(request, queryset, active=False, done="switched off")

    @admin.action(description="Switch on…", permissions=["operate"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        question = "Switch these webhooks on? What they missed can be replayed afterwards."
        page = confirm(self, request, queryset, question=question, button="Switch on")
        return page or self._set(request, queryset, active=True, done="switched on")

    def _set(
        self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint], *, active: bool, done: str
    ) -> HttpResponse | None:
        return run_for_each(
            self, request, queryset, lambda endpoint: endpoints.change(endpoint.pk, active=active), done=done
        )


@admin.register(Delivery)
class DeliveryAdmin(_WebhooksAdmin):
    list_display = (
        "short_id",
        "state",
        "type",
        "address",
        "job_link",
        "attempts",
        "answer",
        "next_attempt",
        "workspace",
        "created_at",
    )
    list_filter = ("status", TypeFilter, "created_at")
    list_select_related = ("workspace", "endpoint")
    search_fields = ("url", "type", "error_code", "workspace__name")
    search_help_text = (
        "A part of an address, a type of event, an error's code, or the id of a delivery, webhook or job."
    )
    id_fields = ("pk", "endpoint_id", "job_id")
    date_hierarchy = "created_at"
    actions = ("replay_deliveries", "cancel_deliveries")
    fieldsets = (
        (None, {"fields": ("state", "type", "address", "job_link", "endpoint_link")}),
        ("Attempts", {"fields": ("attempts", "last_attempt_at", "next_attempt", "response_status", "cause")}),
        ("Message", {"fields": ("id", "body", "workspace", "created_at", "finished_at")}),
    )
    readonly_fields = ("id", "state", "address", "job_link", "endpoint_link", "next_attempt", "cause", "body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        found: QuerySet[Delivery] = super().get_queryset(request)
        return found.defer("endpoint__secret", "endpoint__previous_secret")

    @admin.display(description="Delivery", ordering="id")
    def short_id(self, delivery: Delivery) -> str:
        return str(delivery.pk)[:8]

    @admin.display(description="State", ordering="status")
    def state(self, delivery: Delivery) -> SafeString:
        return mark(*_STATES[Status(delivery.status)])

    @admin.display(description="Job")
    def job_link(self, delivery: Delivery) -> SafeString | str:
        return link_to(Job, delivery.job_id, str(delivery.job_id)[:8]) if delivery.job_id else "–"

    @admin.display(description="Webhook")
    def endpoint_link(self, delivery: Delivery) -> SafeString | str:
        return link(delivery.endpoint) if delivery.endpoint else "the job's callback_url"

    @admin.display(description="Answer", ordering="error_code")
    def answer(self, delivery: Delivery) -> SafeString | str:
        if delivery.error_code:
            return format_html('<span title="{}">{}</span>', delivery.error_detail, delivery.error_code)
        return str(delivery.response_status or "")

    @admin.display(description="Cause")
    def cause(self, delivery: Delivery) -> str:
        return f"{delivery.error_code}: {delivery.error_detail}" if delivery.error_code else "–"

    @admin.display(description="Next attempt", ordering="due_at")
    def next_attempt(self, delivery: Delivery) -> Any:
        return delivery.due_at if delivery.status in WAITING else "–"

    @admin.display(description="Body")
    def body(self, delivery: Delivery) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(delivery.payload, indent=2, ensure_ascii=False))

    @admin.action(description="Replay…", permissions=["operate"])
    def replay_deliveries(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        question = "Send these once more? Their ids stay the same, so that a receiver can tell."
        page = confirm(self, request, queryset, question=question, button="Send again")
        if page is not None:
            return page
        return run_for_each(
            self, request, queryset, lambda delivery: deliveries.replay(delivery.pk), done="will be sent again"
        )

    @admin.action(description="Cancel…", permissions=["operate"])
    def cancel_deliveries(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        page = confirm(self, request, queryset, question="Send these no more?", button="Cancel the deliveries")
        if page is not None:
            return page
        return run_for_each(self, request, queryset, lambda delivery: deliveries.cancel(delivery.pk), done="cancelled")
