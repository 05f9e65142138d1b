"""What was found: results, their fields, and what people corrected."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

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
            models.Index(fields=["workspace", "issuer"], condition=~Q(issuer=""), name="analysis_result_issuer"),
            models.Index(
                fields=["workspace", "picture"], condition=Q(picture__isnull=False), name="analysis_result_picture"
            ),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_result_rls")]

    def __str__(self) -> str:
        return f"{self.document_type} {self.id}"


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

    class Meta:
        ordering: ClassVar = ["id"]
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


class Habit(models.Model):
    """What a correction taught about a vendor: for the vendor's next document, at once. Inactive: taken back."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    correction = models.OneToOneField(Correction, on_delete=models.CASCADE, related_name="habit")
    document_type = models.CharField(max_length=40)
    vendor = models.CharField(max_length=200, help_text="what the vendor's documents are known by, normalised")
    field = models.CharField(max_length=60)
    lesson = models.JSONField(help_text="analysis.learning.habits says what it holds")
    active = models.BooleanField(default=True)
    used = models.PositiveIntegerField(default=0, help_text="how many documents it was applied to")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "document_type"], condition=Q(active=True), name="analysis_habit_active")
        ]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_habit_rls")]

    def __str__(self) -> str:
        return f"{self.vendor}: {self.field}"


class ModelVersion(models.Model):
    """A trained model: what it learned from, how good it was, and where its bytes are. One is active for each task."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        ACTIVE = "active"
        RETIRED = "retired"

    task = models.CharField(max_length=40, default="fields", help_text="what it is for")
    name = models.CharField(max_length=80, unique=True, help_text="as results carry it in model_version")
    status = models.CharField(max_length=12, choices=Status, default=Status.CANDIDATE)
    metrics = models.JSONField(default=dict, help_text="on documents of issuers that it never saw")
    thresholds = models.JSONField(default=dict, blank=True, help_text="{document type: {field: confidence}}")
    data_sha256 = models.CharField(max_length=64, help_text="of the dataset that it was trained on")
    code_version = models.CharField(max_length=80, help_text="the commit or release that trained it")
    storage_key = models.CharField(max_length=200, blank=True, help_text="blank: it ships with the product")
    sha256 = models.CharField(max_length=64, help_text="of its bytes")
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task"], condition=Q(status="active"), name="analysis_modelversion_active")
        ]

    def __str__(self) -> str:
        return self.name


class CustomType(models.Model):
    """A document type that an operator defined in the admin: what it holds and what it is told from others by."""

    name = models.SlugField(max_length=40, unique=True, help_text="as results carry it in document_type")
    label = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    evidence = models.JSONField(default=list, blank=True, help_text="phrases that speak for it")
    fields = models.JSONField(default=list, help_text="[{name, label, type, required, description, examples, hints}]")
    active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.label


class LlmCall(models.Model):
    """One question to a language model: what it cost and how it ended. Neither prompt nor answer is kept."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="llm_calls")
    model = models.CharField(max_length=120)
    purpose = models.CharField(max_length=40)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    seconds = models.FloatField()
    error_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["workspace", "-created_at"], name="analysis_llmcall_recent")]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_llmcall_rls")]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model}"
