"""By what staff narrow the list of jobs; choices are few and cost one query each, however many jobs there are."""

from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest

from analysis.presenting.rows import stage_names
from analysis.submission import PIPELINE
from documents.models import Workspace
from jobs import board, stages
from jobs.models import OPEN, Job, Status, Task

_CHOICES = 15


class StageFilter(SimpleListFilter):
    """At which stage a job is, or where it stopped."""

    title, parameter_name = "stage", "at"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return stage_names(PIPELINE)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stage = stages.find(PIPELINE, self.value() or "")
        return queryset.filter(pipeline=PIPELINE, stage__in=board.milestones(stage)) if stage else queryset


class QueueFilter(SimpleListFilter):
    """Jobs with a task in the queue that waits, runs or backs off."""

    title, parameter_name = "queue", "queue"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(name, name) for name in stages.QUEUES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in stages.QUEUES:
            return queryset
        return queryset.filter(Exists(Task.objects.filter(job=OuterRef("pk"), queue=self.value(), status__in=OPEN)))


class CauseFilter(SimpleListFilter):
    """The commonest causes among the dead letters."""

    title, parameter_name = "error", "error_code__exact"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        found = [(cause.code, f"{cause.code} ({cause.count:,})") for cause in board.causes(_CHOICES) if cause.code]
        chosen = self.value()
        return found if not chosen or chosen in dict(found) else [*found, (chosen, chosen)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class WorkspaceFilter(SimpleListFilter):
    """The workspaces with the most jobs that are open or failed, and the one that is chosen."""

    title, parameter_name = "workspace", "workspace"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        busy = Job.objects.filter(status__in=[*OPEN, Status.DEADLETTER]).order_by()
        counted = busy.values_list("workspace").annotate(count=Count("pk")).order_by("-count")[:_CHOICES]
        ids = {workspace_id for workspace_id, _ in counted} | ({chosen} if (chosen := self._chosen()) else set())
        return [(str(one.pk), one.name) for one in Workspace.objects.filter(pk__in=ids)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self._chosen()
        return queryset.filter(workspace=chosen) if chosen else queryset

    def _chosen(self) -> UUID | None:
        try:
            return UUID(self.value() or "")
        except ValueError:
            return None
