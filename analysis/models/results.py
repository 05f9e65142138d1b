"""Results, their fields, and what people corrected."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Func, Q, When
from django.db.models.functions import Left, Lower

from documents.models import Document, Workspace
from documents.rls import RowLevelSecurity
from jobs.models import Job


class Result(models.Model):
    """What one job found in its document. `version` counts changes; it is the ETag."""

    class ReviewStatus(models.TextChoices):
        PENDING = "pending"
        CORRECTED = "corrected"
        APPROVED = "approved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="result")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="results")
    document_type = models.CharField(max_length=40)
    review_status = models.CharField(max_length=12, choices=ReviewStatus, default=ReviewStatus.PENDING)
    line_items = models.JSONField(default=list, blank=True, help_text="analysis.findings.LineItem as dicts")
    extra = models.JSONField(default=dict, blank=True, help_text="what the source says beyond the fields")
    validation = models.JSONField(default=dict, blank=True, help_text="{is_valid, math_ok, issues}; empty: not checked")
    model_version = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    automatic = models.BooleanField(default=False, help_text="approved by the thresholds and by nobody")
    sampled = models.BooleanField(default=False, help_text="approved by the thresholds, and reviewed all the same")
    worth = models.FloatField(default=0.0, help_text="of a look at it: the amount at stake times the doubt")
    meaning = models.CharField(max_length=64, blank=True, help_text="hash of vendor, number and total; blank: unknown")
    twin = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="twins", help_text="says the same"
    )
    issuer = models.CharField(max_length=200, blank=True, help_text="the vendor's name, normalised")
    picture = models.BigIntegerField(null=True, blank=True, help_text="perceptual hash of a photographed first page")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at", "id"], name="analysis_result_recent"),
            models.Index(fields=["document", "-created_at"], name="analysis_result_of_document"),
            # The review queue asks for the most valuable that waits, of equals for the oldest.
            models.Index(
                fields=["-worth", "created_at", "id"],
                condition=Q(review_status="pending"),
                name="analysis_result_queue",
            ),
            models.Index(fields=["workspace", "meaning"], condition=~Q(meaning=""), name="analysis_result_meaning"),
            # Of which the beginning is looked up, too.
            models.Index(
                fields=["workspace", "issuer"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                condition=~Q(issuer=""),
                name="analysis_result_issuer",
            ),
            models.Index(
                fields=["workspace", "picture"], condition=Q(picture__isnull=False), name="analysis_result_picture"
            ),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_result_rls")]

    def __str__(self) -> str:
        return f"{self.document_type} {self.id}"


# By which a document may be named.
NUMBERS = ("invoice_number", "policy_number", "claim_number")
_AS_TEXT = Func(F("value"), template="(%(expressions)s #>> '{}')", output_field=models.TextField())


class Field(models.Model):
    """One value of a result and where it was read: page (from 1) and box ([x0, y0, x1, y1] in the page's unit)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=60)
    value = models.JSONField(help_text="a string; a list of objects for taxes")
    raw = models.TextField(blank=True, help_text="as printed")
    page = models.PositiveIntegerField(null=True, blank=True)
    box = models.JSONField(null=True, blank=True)
    confidence = models.FloatField(default=1.0)
    source = models.CharField(max_length=20)
    # In a column, for row-level security keeps an index of JSON from being used.
    number = models.GeneratedField(
        expression=Case(When(name__in=NUMBERS, then=Left(Lower(_AS_TEXT), 100))),
        output_field=models.CharField(max_length=100, null=True),
        db_persist=True,
        help_text="the document's number in small letters; null: it is another field",
    )

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["number"], condition=Q(number__isnull=False), name="analysis_field_number"),
            models.Index(fields=["workspace"], condition=Q(name="insurer"), name="analysis_field_insurer"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["result", "name"], name="analysis_field_unique"),
            RowLevelSecurity(name="analysis_field_rls"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class Correction(models.Model):
    """What a person changed: before and after, who and when. Append-only; training reads it."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=60, help_text="a field's name, or line_items")
    old_value = models.JSONField(null=True)
    new_value = models.JSONField(null=True, help_text="null: the field was removed")
    old_source = models.CharField(max_length=20, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_correction_rls")]

    def __str__(self) -> str:
        return f"{self.field}: {self.old_value} -> {self.new_value}"
