"""What is being done: jobs, their tasks, and the events that tell the story."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

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
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    document = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
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
    held = models.BooleanField(default=False, help_text="queued until its user has fewer active jobs; no tasks yet")
    callback_url = models.URLField(max_length=500, blank=True, help_text="told of this job's end")
    correlation_id = models.CharField(max_length=64, blank=True, help_text="the request that caused it")
    event_count = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at", "id"], name="jobs_job_recent"),
            models.Index(fields=["document", "-created_at"], name="jobs_job_of_document"),
            models.Index(fields=["status", "-created_at"], name="jobs_job_by_status"),
            # Who has how many active jobs, and which of the held ones is next.
            models.Index(
                fields=["created_by", "held", "priority", "created_at"],
                condition=Q(status__in=OPEN),
                name="jobs_job_open",
            ),
            # What ended lately: for those who watch a workspace.
            models.Index(
                fields=["workspace", "-finished_at"], condition=Q(finished_at__isnull=False), name="jobs_job_ended"
            ),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="jobs_job_rls", roles=("staff", "sweeper"))]

    def __str__(self) -> str:
        return f"{self.pipeline} job {self.id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @cached_property
    def unwritten(self) -> "list[NewEvent]":
        """What was recorded since the row was written."""
        return []


class Task(models.Model):
    """The unit of work that an actor runs: one part of one stage of one job.

    While `lease` is set and not expired, by the database's clock, one worker owns it; its output is saved only if the
    lease is still the worker's own. A queued task can be claimed now; a retryable one is queued again when it is due.
    Workers take queued tasks in the order of (priority, turn, id); `jobs.turns` says how turns are fair.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    stage = models.CharField(max_length=40)
    part = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=1)
    input = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=20)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.INTERACTIVE)
    turn = models.BigIntegerField(default=0, help_text="its place in the queue's round of workspaces")
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="counted at the claim, so that a death counts")
    lease = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(help_text="since when it can be claimed, or when it will be tried again")
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # All over live rows alone, so that they stay small however many tasks were done.
            models.Index(
                fields=["queue", "priority", "turn", "id"], condition=Q(status=Status.QUEUED), name="jobs_task_next"
            ),
            models.Index(
                fields=["queue", "priority", "workspace", "-turn"],
                condition=Q(status=Status.QUEUED),
                name="jobs_task_last_turn",
            ),
            models.Index(fields=["due_at"], condition=Q(status=Status.RETRYABLE), name="jobs_task_backing_off"),
            models.Index(fields=["lease_expires_at"], condition=Q(status=Status.WORKING), name="jobs_task_leased"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "stage", "part"], name="jobs_task_unique"),
            RowLevelSecurity(name="jobs_task_rls", roles=("staff", "sweeper")),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.part + 1}/{self.parts}"


@dataclass(slots=True)
class NewEvent:
    """An event that is about to be written; `created_at` is known then."""

    seq: int
    type: str
    data: dict[str, Any]
    created_at: datetime = field(init=False)


class Event(models.Model):
    """One thing that happened to a job. Append-only; `seq` runs from 1 without a gap."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "seq"], name="jobs_event_unique"),
            RowLevelSecurity(name="jobs_event_rls", roles=("staff", "sweeper")),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class QueuePause(models.Model):
    """A queue whose tasks are not taken while this row is there. Tells nothing of any tenant."""

    queue = models.CharField(max_length=20, primary_key=True)
    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.queue


class StagePace(models.Model):
    """How long a stage took of late, over all jobs: what estimates are made of. Tells nothing of any tenant."""

    pipeline = models.CharField(max_length=40)
    stage = models.CharField(max_length=40)
    seconds = models.FloatField(help_text="median, from its first part's begin to its last one's end")
    seconds_per_part = models.FloatField(help_text="median of the work on one part")
    jobs = models.PositiveIntegerField(help_text="how many jobs it was measured on")
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["pipeline", "stage"], name="jobs_stagepace_unique")]

    def __str__(self) -> str:
        return f"{self.stage}: {self.seconds:.1f} s"


class WebhookEndpoint(models.Model):
    """An address of a workspace's owner that is told what happens to its jobs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    url = models.URLField("URL", max_length=500)
    secret = models.CharField(max_length=100, help_text="whsec_ and base64: signs what is sent")
    previous_secret = models.CharField(max_length=100, blank=True, help_text="signs beside it for a while")
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    events = models.JSONField(default=list, blank=True, help_text="types of events that are sent; empty: all")
    description = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [models.Index(fields=["workspace"], condition=Q(active=True), name="jobs_endpoint_active")]
        constraints: ClassVar = [RowLevelSecurity(name="jobs_webhookendpoint_rls", roles=("staff", "sweeper"))]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One message to one address: made in the transaction of what it tells of, sent until it is taken.

    Its id is the `webhook-id` of every attempt. Without an endpoint it goes to its job's `callback_url`. `target` is
    the id of a WebhookTarget: what fails together waits together.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(
        WebhookEndpoint, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    url = models.URLField("URL", max_length=500)
    target = models.CharField(max_length=255)
    type = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(fields=["target", "due_at"], condition=Q(status__in=WAITING), name="jobs_delivery_waiting"),
            models.Index(fields=["lease_expires_at"], condition=Q(status=Status.WORKING), name="jobs_delivery_leased"),
            models.Index(fields=["workspace"], condition=Q(status=Status.WORKING), name="jobs_delivery_in_flight"),
            models.Index(fields=["endpoint", "-created_at"], name="jobs_delivery_of_endpoint"),
            models.Index(fields=["workspace", "-created_at", "id"], name="jobs_delivery_recent"),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="jobs_delivery_rls", roles=("staff", "sweeper"))]

    def __str__(self) -> str:
        return f"{self.type} to {self.url}"


class WebhookTarget(models.Model):
    """An endpoint, or the host of a workspace's callbacks: takes one delivery at a time, and rests when one failed.

    Whoever delivers moves `waits_until` on for as long as that may take. So it is the lease on the target, its rest
    after a failure, and its place in the round: the target that waited longest is the next.
    """

    id = models.CharField(max_length=255, primary_key=True, help_text="an endpoint's id, or workspace/host")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    waits_until = models.DateTimeField(db_default=Now())
    failures = models.PositiveIntegerField(default=0, help_text="since it last took something")
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["waits_until"], name="jobs_target_round")]
        constraints: ClassVar = [RowLevelSecurity(name="jobs_webhooktarget_rls", roles=("staff", "sweeper"))]

    def __str__(self) -> str:
        return self.id
