"""Uploads, results and corrections as the API takes and shows them."""

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from analysis.findings import Value
from analysis.models import Chunk, Field, Result
from analysis.results import SECTIONS
from analysis.review import Change
from analysis.reviews.submission import FILES
from analysis.submission import Submission
from analysis.values import LONGEST
from documents import alphabets
from documents.pages import Box
from jobs.models import Priority, Status


class KindField(serializers.CharField):
    """A document type's name. Which there are is decided where the file is taken in, and listed in the schema."""


class Upload(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True, max_length=1_000)
    kind = KindField(max_length=40, default="", allow_blank=True, help_text="document type; else detected")
    alphabet = serializers.ChoiceField(
        choices=list(alphabets.NAMES), default="", allow_blank=True, help_text="of scans; else the installation's"
    )
    priority = serializers.ChoiceField(choices=[one.name.lower() for one in Priority], default="interactive")
    workspace = serializers.UUIDField(default=None, help_text="one that you belong to; else your own")
    callback_url = serializers.CharField(
        max_length=500, default="", allow_blank=True, help_text="told of the job's end, as webhooks are"
    )


class SubmissionSerializer(serializers.Serializer[Submission]):
    job_id = serializers.UUIDField(source="job.id")
    document_id = serializers.UUIDField(source="document.id")
    status = serializers.ChoiceField(source="job.status", choices=Status.choices)
    duplicate = serializers.BooleanField(help_text="these bytes were here already")
    poll_url = serializers.SerializerMethodField()
    result_url = serializers.SerializerMethodField()

    def get_poll_url(self, submission: Submission) -> str:
        return str(reverse("api-job", [submission.job.id]))

    def get_result_url(self, submission: Submission) -> str:
        """Answers 404 until the job has a result; of reviews, what there is so far."""
        if submission.job.pipeline == FILES:
            return str(reverse("api-review", [submission.job.id]))
        return str(reverse("api-result", [submission.job.id]))


_TEXT = {"type": ["string", "null"]}
_VALUE = [{"type": "string"}, {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT}}]
_CHANGE = {
    "type": "object",
    "required": ["value"],
    "properties": {
        "value": {"oneOf": [*_VALUE, {"type": "null"}]},
        "raw": _TEXT,
        "page": {"type": ["integer", "null"], "minimum": 1},
        "box": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    },
}


@extend_schema_field({"oneOf": _VALUE})
class ValueField(serializers.JSONField):
    """A text, or for `taxes` a list of {rate, base, tax}."""


class BoxField(serializers.ListField):
    """[x0, y0, x1, y1] on the upright page, in the page's own unit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.FloatField(), min_length=4, max_length=4, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        sides = super().to_internal_value(data)
        if not all(math.isfinite(side) for side in sides):
            raise serializers.ValidationError("A box has four finite numbers.")
        return sides


class FieldSerializer(serializers.ModelSerializer[Field]):
    value = ValueField()
    box = BoxField(allow_null=True)
    confidence = serializers.FloatField(min_value=0, max_value=1)

    class Meta:
        model = Field
        fields = ("value", "raw", "confidence", "page", "box", "source")


class LineItemSerializer(serializers.Serializer[Any]):
    description = serializers.CharField(allow_null=True)
    quantity = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_null=True)
    unit_price = serializers.CharField(allow_null=True)
    amount = serializers.CharField(allow_null=True)
    tax_rate = serializers.CharField(allow_null=True)
    page = serializers.IntegerField(allow_null=True)
    box = BoxField(allow_null=True)
    confidence = serializers.FloatField()
    source = serializers.CharField()  # type: ignore[assignment]


class IssueSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    severity = serializers.ChoiceField(choices=["error", "warning"])


class ValidationSerializer(serializers.Serializer[Any]):
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    math_ok = serializers.BooleanField(allow_null=True, help_text="null: there was no sum to check")
    issues = IssueSerializer(many=True)


class SectionSerializer(serializers.Serializer[Any]):
    level = serializers.IntegerField(min_value=1)
    title = serializers.CharField()
    page = serializers.IntegerField(min_value=1)


class ResultSerializer(serializers.ModelSerializer[Result]):
    result_id = serializers.UUIDField(source="id")
    job_id = serializers.UUIDField()
    document_id = serializers.UUIDField()
    twin_id = serializers.UUIDField(allow_null=True, help_text="the result of another document that says the same")
    fields = serializers.SerializerMethodField("fields_by_name")  # type: ignore[assignment]
    line_items = LineItemSerializer(many=True)
    sections = serializers.SerializerMethodField(help_text="of a manual: its headings, level from 1, page from 1")
    validation = serializers.SerializerMethodField()

    class Meta:
        model = Result
        fields = (
            "result_id",
            "job_id",
            "document_id",
            "document_type",
            "review_status",
            "version",
            "fields",
            "line_items",
            "sections",
            "validation",
            "twin_id",
            "model_version",
            "created_at",
            "updated_at",
        )

    @extend_schema_field(serializers.DictField(child=FieldSerializer()))
    def fields_by_name(self, result: Result) -> dict[str, Any]:
        return {field.name: FieldSerializer(field).data for field in result.fields.all()}

    @extend_schema_field(SectionSerializer(many=True))
    def get_sections(self, result: Result) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = result.extra.get(SECTIONS, [])
        return found

    @extend_schema_field(ValidationSerializer(allow_null=True))
    def get_validation(self, result: Result) -> dict[str, Any] | None:
        """Null until the result was checked."""
        return result.validation or None


class ChangeSerializer(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    raw = serializers.CharField(max_length=LONGEST, allow_blank=True, allow_null=True, default=None)
    page = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    box = BoxField(allow_null=True, default=None)


@extend_schema_field({"oneOf": [*_VALUE, {"type": "null"}, _CHANGE]})
class ChangeField(serializers.Field[Any, Any, Any, Any]):
    """A value alone, or with where it stands: {value, raw?, page?, box?}."""

    def to_internal_value(self, data: Any) -> Value | Change:
        if not isinstance(data, dict):
            return data  # type: ignore[no-any-return]
        change = ChangeSerializer(data=data)
        change.is_valid(raise_exception=True)
        given = change.validated_data
        box = Box(*given["box"]) if given["box"] else None
        return Change(given["value"], given["raw"], given["page"], box)


class LineItemChange(serializers.Serializer[Any]):
    description = serializers.CharField(max_length=LONGEST, allow_null=True, allow_blank=True, default=None)
    quantity = serializers.CharField(max_length=40, allow_null=True, allow_blank=True, default=None)
    unit = serializers.CharField(max_length=40, allow_null=True, allow_blank=True, default=None)
    unit_price = serializers.CharField(max_length=40, allow_null=True, allow_blank=True, default=None)
    amount = serializers.CharField(max_length=40, allow_null=True, allow_blank=True, default=None)
    tax_rate = serializers.CharField(max_length=40, allow_null=True, allow_blank=True, default=None)
    page = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    box = BoxField(allow_null=True, default=None)


class Corrections(serializers.Serializer[Any]):
    """What is not named stays as it is; null removes a field; line items are replaced as a whole."""

    fields = serializers.DictField(child=ChangeField(allow_null=True), default=dict)  # type: ignore[assignment]
    line_items = LineItemChange(many=True, allow_null=True, default=None, max_length=2_000)  # type: ignore[call-arg]


class ChunkSerializer(serializers.ModelSerializer[Chunk]):
    """A passage as search finds and quotes it."""

    chunk_id = serializers.UUIDField(source="id")
    spans = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=7, max_length=7),
        help_text="[start, end, page, x0, y0, x1, y1] of each line or cell: characters of `text`, and a box in the "
        "page's unit; zeros where there is none",
    )

    class Meta:
        model = Chunk
        fields = ("chunk_id", "ordinal", "type", "text", "section", "page", "last_page", "tokens", "spans", "embedder")
