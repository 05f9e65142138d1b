"""Jobs as the API shows them, and what it takes in about them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from jobs.models import Event, Job, Status


class CauseSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="stable; see the list of codes")
    detail = serializers.CharField()


class JobSerializer(serializers.ModelSerializer[Job]):
    """The view annotates `result_id`."""

    job_id = serializers.UUIDField(source="id")
    document_id = serializers.UUIDField(allow_null=True)
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="per cent")
    eta_seconds = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    result_id = serializers.UUIDField(allow_null=True)
    result_url = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "job_id",
            "document_id",
            "kind",
            "status",
            "stage",
            "progress",
            "eta_seconds",
            "attempts",
            "partial",
            "error",
            "result_id",
            "result_url",
            "created_at",
            "started_at",
            "finished_at",
        )

    def get_eta_seconds(self, job: Job) -> int | None:
        """Null while there is nothing to base an estimate on."""
        return 0 if job.finished_at else None

    @extend_schema_field(CauseSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        """What went wrong at last; null if nothing did, or a later attempt succeeded."""
        return {"code": job.error_code, "detail": job.error_detail} if job.error_code else None

    def get_result_url(self, job: Job) -> str | None:
        """Null until there is a result."""
        return str(reverse("api-result", [job.result_id])) if job.result_id else None  # type: ignore[attr-defined]


class EventSerializer(serializers.ModelSerializer[Event]):
    """One thing that happened to a job; `seq` runs from 1 without a gap."""

    class Meta:
        model = Event
        fields = ("seq", "type", "data", "correlation_id", "created_at")


class JobFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    kind = serializers.CharField(max_length=40, required=False)
    document = serializers.UUIDField(required=False)
    stage = serializers.CharField(max_length=40, required=False, help_text="the last milestone, as `stage` says it")
    error_code = serializers.CharField(max_length=60, required=False)
    created_after = serializers.DateTimeField(required=False, help_text="at that time or later")
    created_before = serializers.DateTimeField(required=False)


class RetryRequest(serializers.Serializer[Any]):
    from_stage = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="the name of a stage; else where it stopped"
    )


class EventsQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="seq of the last one known")


class EventsSerializer(serializers.Serializer[Any]):
    events = EventSerializer(many=True)
    next = serializers.IntegerField(help_text="give it as `after` to get those that follow")
