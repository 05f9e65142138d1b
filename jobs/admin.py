"""The admin of jobs: how far they are, what they did and what went wrong; retry and cancel."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_dramatiq.models import Task as BrokerTask

from analysis.presenting import progress
from documents.admin_parts import ReadOnlyAdmin, confirm, link, mark, person, run_for_each
from jobs import control, queue_admin, stages  # noqa: F401 - the queues' admin registers itself
from jobs.admin_filters import CauseFilter, QueueFilter, StageFilter, WorkspaceFilter
from jobs.models import OPEN, Event, Job, Priority, Status, Task

_SHOWN = 200  # tasks and events on a job's page: a long scan has thousands

if admin.site.is_registered(BrokerTask):
    admin.site.unregister(BrokerTask)  # our own tasks are the truth; the broker's are not kept


class RetryForm(forms.Form):
    """Where to begin again."""

    stage = forms.ChoiceField(
        required=False, label="Begin at", help_text="Finished parts of the stage where a job stopped are kept."
    )

    def __init__(self, jobs: QuerySet[Job], *args: Any) -> None:
        super().__init__(*args)
        pipelines = jobs.order_by().values_list("pipeline", flat=True).distinct()
        names = dict.fromkeys(name for pipeline in pipelines for name in _stage_names(pipeline))
        choices = [("", "where it stopped"), *((name, name) for name in names)]
        self.fields["stage"].choices = choices  # type: ignore[attr-defined]


class PriorityForm(forms.Form):
    """How urgent the jobs are."""

    priority = forms.TypedChoiceField(
        choices=[(one.value, one.label) for one in Priority],
        coerce=lambda value: Priority(int(value)),
        label="Order",
        help_text="Interactive jobs go before bulk ones. What runs already goes on as it is.",
    )


def _stage_names(pipeline: str) -> list[str]:
    try:
        return [stage.name for stage in stages.pipeline(pipeline)]
    except KeyError:  # jobs outlive the version that had their pipeline; the attempt to retry one says so
        return []


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "short_id",
        "state",
        "bar",
        "document_link",
        "pipeline",
        "workspace",
        "attempts",
        "error",
        "created_at",
    )
    list_filter = (
        "status", StageFilter, QueueFilter, CauseFilter, WorkspaceFilter, "priority", "partial", "held", "created_at",
    )  # fmt: skip
    list_select_related = ("workspace", "document")
    search_fields = ("document__filename", "error_code", "workspace__name", "correlation_id")
    search_help_text = "A file name, an error's code, a workspace, a request id, or the id of a job or its document."
    id_fields = ("pk", "document_id")
    date_hierarchy = "created_at"
    actions = ("retry_jobs", "cancel_jobs", "prioritise_jobs")
    readonly_fields = ("state", "bar", "document_link", "result_link")
    fieldsets = (
        (None, {"fields": ("state", "bar", "document_link", "result_link", "error_code", "error_detail")}),
        ("Run", {"fields": ("pipeline", "kind", "priority", "held", "stage", "attempts")}),
        (
            "Origin",
            {"fields": ("workspace", "created_by", "correlation_id", "created_at", "started_at", "finished_at")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("document__markdown")

    @admin.display(description="Job", ordering="id")
    def short_id(self, job: Job) -> str:
        return str(job.pk)[:8]

    @admin.display(description="State", ordering="status")
    def state(self, job: Job) -> SafeString:
        shown = progress.state(job)
        return mark(shown.word, shown.tone, shown.icon)

    @admin.display(description="Progress", ordering="progress")
    def bar(self, job: Job) -> SafeString:
        words = progress.stage_words(job.stage)
        return format_html(
            '<progress max="100" value="{0}" aria-label="{1}">{0} %</progress> <span class="figures">{0} %</span>'
            ' <span class="quiet">{1}</span>',
            job.progress,
            words,
        )

    @admin.display(description="Document", ordering="document__filename")
    def document_link(self, job: Job) -> SafeString | str:
        return link(job.document)

    @admin.display(description="Result")
    def result_link(self, job: Job) -> SafeString | str:
        return link(getattr(job, "result", None), "Open the result")

    @admin.display(description="Error", ordering="error_code")
    def error(self, job: Job) -> SafeString | str:
        return format_html('<span title="{}">{}</span>', job.error_detail, job.error_code) if job.error_code else ""

    @admin.action(description="Retry…", permissions=["operate"])
    def retry_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        form = RetryForm(queryset, request.POST if request.POST.get("confirmed") else None)
        page = confirm(self, request, queryset, question="Start these jobs again?", button="Start again", form=form)
        if page is not None:
            return page
        stage, user = form.cleaned_data["stage"], person(request)
        done = f"started again from {stage}" if stage else "started again"
        return run_for_each(
            self, request, queryset, lambda job: control.retry(job.pk, from_stage=stage, user=user), done=done
        )

    @admin.action(description="Cancel…", permissions=["operate"])
    def cancel_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        question = "Cancel these jobs? What runs is stopped."
        page = confirm(self, request, queryset, question=question, button="Cancel the jobs")
        if page is not None:
            return page
        user = person(request)
        return run_for_each(self, request, queryset, lambda job: control.cancel(job.pk, user=user), done="cancelled")

    @admin.action(description="Change the order…", permissions=["operate"])
    def prioritise_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        form = PriorityForm(request.POST if request.POST.get("confirmed") else None)
        page = confirm(self, request, queryset, question="How urgent are these jobs?", button="Change", form=form)
        if page is not None:
            return page
        priority, user = form.cleaned_data["priority"], person(request)
        done = f"made {priority.label.lower()}"
        return run_for_each(
            self, request, queryset, lambda job: control.set_priority(job.pk, priority, user=user), done=done
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        extra = _story(job) if isinstance(job, Job) and self.has_view_permission(request, job) else {}
        extra["can_operate"] = self.has_operate_permission(request)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})


def _story(job: Job) -> dict[str, Any]:
    """A job's tasks and events, the first and the last of them respectively."""
    counts = job.tasks.aggregate(all=Count("pk"))
    tasks = list(job.tasks.defer("input", "lease")[:_SHOWN])
    latest = list(job.events.order_by("-seq")[:_SHOWN])[::-1]
    return {
        "title": f"{job.pipeline.capitalize()} job {str(job.pk)[:8]}",
        "subtitle": None,
        "tasks": [(task, _task_state(task), _took(task)) for task in tasks],
        "tasks_left_out": counts["all"] - len(tasks),
        "events": _told(latest),
        "events_left_out": job.event_count - len(latest),
        "is_open": job.status in OPEN,
    }


def _told(events: list[Event]) -> list[dict[str, Any]]:
    """Each event, with the time since the one before and, where people get to see it, in their words."""
    before = [None, *(event.created_at for event in events)]
    return [
        {"event": event, "since": event.created_at - earlier if earlier else None, "told": progress.timeline([event])}
        for event, earlier in zip(events, before, strict=False)
    ]


def _task_state(task: Task) -> SafeString:
    shown = progress.state(Job(status=Status(task.status)))
    return mark(shown.word, shown.tone, shown.icon)


def _took(task: Task) -> timedelta | None:
    return task.finished_at - task.started_at if task.finished_at and task.started_at else None


from jobs import webhook_admin  # noqa: E402, F401 - its classes register themselves
