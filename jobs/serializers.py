"""Jobs as the API shows them, and what it takes in about them."""

from typing import Any, cast
from uuid import UUID

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from jobs import pace
from jobs.models import Event, Job, Status


def visible_jobs() -> QuerySet[Job]:
    """The caller's jobs, each with its result's id, in one query."""
    return Job.objects.annotate(result_id=F("result__id"))


class CauseSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="stable; see the list of codes")
    detail = serializers.CharField()


class JobListSerializer(serializers.ListSerializer[Job]):
    """Jobs as JobSerializer shows each, their estimates made together."""

    def to_representation(self, data: Any) -> list[Any]:
        jobs = list(data)
        cast(JobSerializer, self.child).estimates = pace.estimate(jobs)
        return super().to_representation(jobs)


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job of `visible_jobs`, with its result's id."""

    estimates: dict[UUID, int | None] | None = None  # of a list

    job_id = serializers.UUIDField(source="id")
    document_id = serializers.UUIDField(allow_null=True)
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="per cent")
    eta_seconds = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    result_id = serializers.UUIDField(allow_null=True)
    result_url = serializers.SerializerMethodField()

    class Meta:
        model = Job
        list_serializer_class = JobListSerializer
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
        """Seconds until it is done, by what its stages took of late; null while there is nothing to tell from."""
        estimates = pace.estimate([job]) if self.estimates is None else self.estimates
        return estimates[job.pk]

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


class StreamQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=0, max_value=2**53 - 1, default=0, help_text="id of the last message known"
    )


class EventsSerializer(serializers.Serializer[Any]):
    events = EventSerializer(many=True)
    next = serializers.IntegerField(help_text="give it as `after` to get those that follow")
