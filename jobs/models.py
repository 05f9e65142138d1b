"""What is being done: jobs, their tasks, and the events that tell the story."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from documents.models import Document, Workspace
from documents.rls import RowLevelSecurity


class Status(models.TextChoices):
    QUEUED = "queued"
    WORKING = "working"
    RETRYABLE = "retryable"
    DONE = "done"
    DEADLETTER = "deadletter"
    CANCELLED = "cancelled"


class Priority(models.IntegerChoices):
    INTERACTIVE = 0
    BULK = 10


OPEN = (Status.QUEUED, Status.WORKING, Status.RETRYABLE)
WAITING = (Status.QUEUED, Status.RETRYABLE)


class Job(models.Model):
    """One run of one pipeline over one document."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs")
    pipeline = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True, help_text="document type given by the caller; blank: detect")
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=40, default="queued", help_text="the last milestone, as clients see it")
    progress = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    attempts = models.PositiveIntegerField(default=0, help_text="claims of all its tasks that were not the first")
    partial = models.BooleanField(default=False, help_text="done, but not every page could be read")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.INTERACTIVE)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=64, blank=True, help_text="the request that caused it")
    event_count = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at", "id"], name="jobs_job_recent"),
            models.Index(fields=["document", "-created_at"], name="jobs_job_of_document"),
            models.Index(fields=["status", "-created_at"], name="jobs_job_by_status"),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="jobs_job_rls", roles=("staff", "sweeper"))]

    def __str__(self) -> str:
        return f"{self.pipeline} job {self.id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class Task(models.Model):
    """The unit of work that an actor runs: one part of one stage of one job.

    While `lease` is set and not expired, by the database's clock, one worker owns it; its output is saved only if the
    lease is still the worker's own.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="tasks")
    stage = models.CharField(max_length=40)
    part = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=1)
    input = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=20)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="counted at the claim, so that a death counts")
    lease = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(help_text="not to be claimed before")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="last time a message was sent for it")
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # The sweeper's two questions, over live rows alone.
            models.Index(fields=["due_at"], condition=Q(status__in=WAITING), name="jobs_task_waiting"),
            models.Index(fields=["lease_expires_at"], condition=Q(status=Status.WORKING), name="jobs_task_leased"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "stage", "part"], name="jobs_task_unique"),
            RowLevelSecurity(name="jobs_task_rls", roles=("staff", "sweeper")),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.part + 1}/{self.parts}"


class Event(models.Model):
    """One thing that happened to a job. Append-only; `seq` runs from 1 without a gap."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "seq"], name="jobs_event_unique"),
            RowLevelSecurity(name="jobs_event_rls", roles=("staff", "sweeper")),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
