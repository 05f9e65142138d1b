"""Choosing jobs of all workspaces, also by what they found, and running them again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce

from documents import tenancy
from documents.errors import DomainError
from jobs import control
from jobs.models import OPEN, Job, Priority

_BATCH = 100  # jobs that one transaction starts
_ASKED = 5_000  # ids in one query


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given must hold. `since` and `until` are about when the job was handed in."""

    kind: str = ""
    document_type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    workspace: UUID | None = None
    model_version: str = ""
    status: str = ""
    error_code: str = ""
    documents: Sequence[UUID] = ()
    jobs: Sequence[UUID] = ()
    limit: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether they would choose every job there is; a limit chooses nothing."""
        return not any(getattr(self, one.name) for one in fields(self) if one.name != "limit")

    def of_job(self) -> dict[str, Any]:
        """What the job's own row can tell."""
        return _given(
            kind=self.kind,
            created_at__gte=self.since,
            created_at__lt=self.until,
            workspace=self.workspace,
            status=self.status,
            error_code=self.error_code,
            document__in=self.documents,
            pk__in=self.jobs,
        )

    def of_result(self) -> dict[str, Any]:
        return _given(result__document_type=self.document_type, result__model_version__startswith=self.model_version)


def _given(**conditions: Any) -> dict[str, Any]:
    return {name: value for name, value in conditions.items() if value}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that can be run again, and what is told of it."""

    workspace_id: UUID
    job_id: UUID
    created_at: datetime
    pipeline: str
    status: str
    error_code: str
    document_type: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """`jobs`: the oldest first. `open`: how many more fit but still run."""

    jobs: list[Candidate] = field(default_factory=list)
    open: int = 0


def choose(filters: Filters) -> Chosen:
    """The jobs that fit. Of several over one document only the latest, unless ids of jobs are given.

    Workspace by workspace, as workers see the world: only the tenant's own scope shows what a job found.
    """
    found = [candidate for workspace_id in _workspaces(filters) for candidate in _in_workspace(workspace_id, filters)]
    found.sort(key=lambda one: (one.created_at, one.job_id))
    over = [one for one in found if one.status not in OPEN]
    return Chosen(over[: filters.limit], len(found) - len(over))


def _workspaces(filters: Filters) -> list[UUID]:
    with tenancy.as_sweeper():
        jobs = Job.objects.filter(**filters.of_job()).order_by("workspace")
        return list(jobs.values_list("workspace", flat=True).distinct())


def _in_workspace(workspace_id: UUID, filters: Filters) -> list[Candidate]:
    with tenancy.as_workspace(workspace_id):
        jobs = Job.objects.filter(**filters.of_job(), **filters.of_result()).order_by()
        if not filters.jobs:
            jobs = _latest(jobs)
        names = ("workspace_id", "pk", "created_at", "pipeline", "status", "error_code", "type")
        described = jobs.annotate(type=Coalesce("result__document_type", Value("")))
        return [Candidate(*row) for row in described.values_list(*names)]


def _latest(jobs: QuerySet[Job]) -> QuerySet[Job]:
    later = Job.objects.filter(document=OuterRef("document"), created_at__gt=OuterRef("created_at"))
    return jobs.exclude(Exists(later))


def start(jobs: Sequence[Candidate], *, from_stage: str, priority: Priority) -> tuple[list[UUID], Counter[str]]:
    """Runs them again; the ids of those that were started, and why others were refused, with how many."""
    started: list[UUID] = []
    refused: Counter[str] = Counter()
    for workspace_id, batch in _batches(jobs):
        with tenancy.as_workspace(workspace_id):
            for job_id in batch:
                reason = _start(job_id, from_stage, priority)
                if reason:
                    refused[reason] += 1
                else:
                    started.append(job_id)
    return started, refused


def _batches(jobs: Sequence[Candidate]) -> Iterator[tuple[UUID, list[UUID]]]:
    by_workspace = sorted(jobs, key=lambda one: one.workspace_id)  # stable: the oldest stay first
    for workspace_id, group in groupby(by_workspace, key=lambda one: one.workspace_id):
        ids = [one.job_id for one in group]
        yield from ((workspace_id, ids[at : at + _BATCH]) for at in range(0, len(ids), _BATCH))


def _start(job_id: UUID, from_stage: str, priority: Priority) -> str:
    """Why it was refused; nothing if it was started."""
    try:
        with transaction.atomic():
            job = control.retry(job_id, from_stage=from_stage)
            if job.priority != priority:
                control.set_priority(job_id, priority)
    except DomainError as error:
        return error.detail
    except (Job.DoesNotExist, KeyError):
        return "It is gone, or this version can't run it any more."
    return ""


def statuses(job_ids: Sequence[UUID]) -> Counter[str]:
    """How many of the jobs are in which status now; those that were deleted meanwhile are `deleted`."""
    found: Counter[str] = Counter()
    with tenancy.as_sweeper():
        for at in range(0, len(job_ids), _ASKED):
            found.update(Job.objects.filter(pk__in=job_ids[at : at + _ASKED]).values_list("status", flat=True))
    found["deleted"] = len(job_ids) - found.total()
    return +found
