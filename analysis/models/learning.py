"""Learning and its engines: habits, trained models, an operator's own types, and what language models cost."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.results import Correction
from documents.models import Workspace
from documents.rls import RowLevelSecurity
from jobs.models import Job


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
        verbose_name = "LLM call"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["workspace", "-created_at"], name="analysis_llmcall_recent")]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_llmcall_rls")]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model}"
