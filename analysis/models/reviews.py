"""Verdicts on reviews: batches, the parts they are worked on in, their rows, and what people corrected."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from documents.models import Workspace
from documents.rls import RowLevelSecurity
from jobs.models import Job


class Label(models.TextChoices):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class ReviewBatch(models.Model):
    """What one job judges: the rows of a file, or a single text, which is a batch of one row.

    `columns`, `text`, `groups` and `day` are analysis.reviews.tables.Layout's; `statistics` stands once all is done.
    """

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.CASCADE, related_name="review_batch")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    text_column = models.CharField(max_length=100, blank=True, help_text="named by the caller; blank: found")
    rows = models.PositiveIntegerField(null=True, blank=True, help_text="known once the file was opened")
    layout = models.JSONField(default=dict, blank=True)
    statistics = models.JSONField(default=dict, blank=True)
    model_version = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "batch of reviews"
        verbose_name_plural = "batches of reviews"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["-created_at"], name="analysis_reviewbatch_recent")]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_reviewbatch_rls")]

    def __str__(self) -> str:
        return f"reviews {self.job_id}"


class ReviewPart(models.Model):
    """A run of a batch's rows: as they came in, packed, and what was counted once they were judged."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(ReviewBatch, on_delete=models.CASCADE, related_name="parts", db_index=False)
    part = models.PositiveIntegerField(help_text="from 0; its first row is 1,000 times that and one")
    rows = models.BinaryField(help_text="analysis.reviews.tables.pack")
    statistics = models.JSONField(default=dict, blank=True, help_text="empty: not judged yet")

    class Meta:
        ordering: ClassVar = ["part"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "part"], name="analysis_reviewpart_unique"),
            RowLevelSecurity(name="analysis_reviewpart_rls"),
        ]

    def __str__(self) -> str:
        return f"part {self.part}"


class ReviewRow(models.Model):
    """The verdict on one row, or why there is none.

    Nothing refers to a row, so that a million of them are deleted by one statement; no index but the two that it needs.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    batch = models.ForeignKey(
        ReviewBatch, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    row = models.PositiveIntegerField(help_text="in the file, from 1, the header not counted")
    text = models.TextField(help_text="normalised")
    label = models.CharField(max_length=8, choices=Label, blank=True, help_text="blank: refused")
    confidence = models.FloatField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="why it was refused")
    detail = models.TextField(blank=True)
    corrected = models.BooleanField(default=False)

    class Meta:
        verbose_name = "review"
        ordering: ClassVar = ["batch", "row"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "row"], name="analysis_reviewrow_unique"),
            RowLevelSecurity(name="analysis_reviewrow_rls"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}"


class ReviewCorrection(models.Model):
    """Somebody said what a review means. It outlives the row, which is written anew when its batch is judged again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    batch = models.ForeignKey(ReviewBatch, on_delete=models.CASCADE, related_name="corrections", db_index=False)
    row = models.PositiveIntegerField()
    text = models.TextField()
    old = models.CharField(max_length=8, choices=Label, blank=True)
    new = models.CharField(max_length=8, choices=Label)
    language = models.CharField(max_length=8, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "correction of a review"
        verbose_name_plural = "corrections of reviews"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["batch", "row", "created_at"], name="analysis_reviewcorrection_row")]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_reviewcorrection_rls")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.old or 'refused'} → {self.new}"
