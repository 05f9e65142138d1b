"""Reviews as the API takes and shows them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from analysis.models.reviews import Label, ReviewBatch, ReviewRow
from analysis.reviews import listing
from analysis.reviews.judging import LONGEST
from jobs.models import Priority, Status

_RAW = 100_000  # characters as they are sent; what counts is the text normalised


class _Common(serializers.Serializer[Any]):
    workspace = serializers.UUIDField(default=None, help_text="one that you belong to; else your own")
    callback_url = serializers.CharField(
        max_length=500, default="", allow_blank=True, help_text="told of the job's end, as webhooks are"
    )


class ReviewText(_Common):
    text = serializers.CharField(
        allow_blank=True, trim_whitespace=False, max_length=_RAW, help_text=f"1 to {LONGEST} characters, normalised"
    )


class ReviewUpload(_Common):
    file = serializers.FileField(allow_empty_file=True, max_length=1_000)
    text_column = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="name of the column of the texts; else found"
    )
    priority = serializers.ChoiceField(choices=[one.name.lower() for one in Priority], default="bulk")


class ReviewSubmissionSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField(source="job.id")
    document_id = serializers.UUIDField(source="job.document_id", allow_null=True, help_text="null for a single text")
    status = serializers.ChoiceField(source="job.status", choices=Status.choices)
    duplicate = serializers.BooleanField(help_text="this file was here already")
    poll_url = serializers.SerializerMethodField()
    result_url = serializers.SerializerMethodField()

    def get_poll_url(self, submission: Any) -> str:
        return str(reverse("api-review", [submission["job"].pk]))

    def get_result_url(self, submission: Any) -> str:
        """The same: it tells the state and what was found so far."""
        return self.get_poll_url(submission)


class VerdictSerializer(serializers.Serializer[Any]):
    label = serializers.ChoiceField(choices=Label.choices)  # type: ignore[assignment]
    confidence = serializers.FloatField()
    language = serializers.CharField(allow_blank=True)
    scores = serializers.DictField(child=serializers.FloatField(), help_text="the likelihood of each label")


class BatchQuery(serializers.Serializer[Any]):
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[*Label.values, listing.REFUSED],
        default="",
        allow_blank=True,
        help_text=f"`{listing.REFUSED}`: the rows without one, for exports",
    )
    min_confidence = serializers.FloatField(min_value=0, max_value=1, default=None, allow_null=True)
    max_confidence = serializers.FloatField(min_value=0, max_value=1, default=None, allow_null=True)
    q = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="words that the text holds")
    cursor = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="from `next`")
    page_size = serializers.IntegerField(min_value=1, max_value=1_000, default=50)
    format = serializers.ChoiceField(choices=["csv", "xlsx", "json"], default="", allow_blank=True)


class PageQuery(serializers.Serializer[Any]):
    cursor = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="from `next`")
    page_size = serializers.IntegerField(min_value=1, max_value=1_000, default=100)


class Said(serializers.Serializer[Any]):
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Label.choices, allow_null=True, help_text="null takes back what was said last"
    )


class ReviewSerializer(serializers.ModelSerializer[ReviewRow]):
    class Meta:
        model = ReviewRow
        fields = ("row", "text", "label", "confidence", "language", "corrected")
        extra_kwargs = {"confidence": {"allow_null": False}}  # noqa: RUF012 - DRF's way


class RefusedSerializer(serializers.ModelSerializer[ReviewRow]):
    class Meta:
        model = ReviewRow
        fields = ("row", "code", "detail", "text")


class RefusedPageSerializer(serializers.Serializer[Any]):
    results = RefusedSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="the rows that follow; null at the end of those there are")


class ShareSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    percent = serializers.FloatField(help_text="of the classified")


class GroupSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    positive = serializers.IntegerField()
    neutral = serializers.IntegerField()
    negative = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField(allow_null=True, help_text="rows; null until the file was opened")
    classified = serializers.IntegerField(help_text="so far")
    refused = serializers.IntegerField(help_text="so far")
    positive = ShareSerializer()
    neutral = ShareSerializer()
    negative = ShareSerializer()
    mean_confidence = serializers.FloatField(allow_null=True)
    by_language = serializers.DictField(child=GroupSerializer())
    by = serializers.DictField(
        child=serializers.DictField(child=GroupSerializer()), help_text="column -> value -> counts"
    )
    by_day = serializers.DictField(child=GroupSerializer(), help_text="ISO date -> counts")


@dataclass(frozen=True)
class Shown:
    """A batch, a page of its rows, and where the next one is."""

    batch: ReviewBatch
    rows: list[ReviewRow]
    next: str | None

    @cached_property
    def statistics(self) -> dict[str, Any]:
        return listing.statistics_of(self.batch)


class BatchSerializer(serializers.Serializer[Shown]):
    job_id = serializers.UUIDField(source="batch.job_id")
    document_id = serializers.UUIDField(source="batch.job.document_id", allow_null=True)
    status = serializers.ChoiceField(source="batch.job.status", choices=Status.choices)
    stage = serializers.CharField(source="batch.job.stage")
    progress = serializers.IntegerField(source="batch.job.progress", min_value=0, max_value=100, help_text="per cent")
    error = serializers.SerializerMethodField()
    columns = serializers.SerializerMethodField()
    text_column = serializers.SerializerMethodField()
    model_version = serializers.CharField(source="batch.model_version", allow_blank=True)
    statistics = serializers.SerializerMethodField()
    results = ReviewSerializer(source="rows", many=True)
    refused = serializers.SerializerMethodField()
    next = serializers.URLField(allow_null=True, help_text="the rows that follow; null at the end of those there are")

    @extend_schema_field(
        {"type": ["object", "null"], "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}
    )
    def get_error(self, shown: Shown) -> dict[str, str] | None:
        job = shown.batch.job
        return {"code": job.error_code, "detail": job.error_detail} if job.error_code else None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_columns(self, shown: Shown) -> list[str]:
        """The file's; empty until it was opened."""
        columns: list[str] = shown.batch.layout.get("columns", [])
        return columns

    def get_text_column(self, shown: Shown) -> str | None:
        """The one that was judged; null until the file was opened."""
        layout = shown.batch.layout
        return str(layout["columns"][layout["text"]]) if layout else None

    @extend_schema_field(StatisticsSerializer)
    def get_statistics(self, shown: Shown) -> dict[str, Any]:
        return shown.statistics

    @extend_schema_field(RefusedSerializer(many=True))
    def get_refused(self, shown: Shown) -> Any:
        """The first hundred rows that could not be judged, and why."""
        return RefusedSerializer(listing.refused(shown.batch, shown.statistics)[0], many=True).data
