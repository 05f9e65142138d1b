"""What questions over HTTP look like, and their answers."""

from typing import Any

from rest_framework import serializers

from analysis.answers import asking
from analysis.models import QueryLog

_MOST_DOCUMENTS = 100
_LONGEST_COMMENT = 2_000


class QuestionInput(serializers.Serializer[Any]):
    question = serializers.CharField(min_length=1, max_length=asking.LONGEST)
    document_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=_MOST_DOCUMENTS
    )
    conversation = serializers.UUIDField(required=False, allow_null=True, default=None)


class FeedbackInput(serializers.Serializer[Any]):
    feedback = serializers.ChoiceField(QueryLog.Feedback.choices, allow_blank=True)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=_LONGEST_COMMENT)


class BoxSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    box = serializers.ListField(child=serializers.FloatField())


class CitationSerializer(serializers.Serializer[Any]):
    document_id = serializers.UUIDField()
    filename = serializers.CharField()
    page = serializers.IntegerField()
    boxes = BoxSerializer(many=True)
    quote = serializers.CharField()
    start = serializers.IntegerField(help_text="first character of the answer that it stands for")
    end = serializers.IntegerField()


class AnswerSerializer(serializers.Serializer[Any]):
    query_id = serializers.UUIDField()
    conversation = serializers.UUIDField(help_text="send it with the next question of the same thread")
    question = serializers.CharField()
    answer = serializers.CharField()
    mode = serializers.ChoiceField(QueryLog.Mode.choices)
    citations = CitationSerializer(many=True)
    nearest = CitationSerializer(
        many=True, help_text="passages that come near, where the documents don't tell; else places beside a quote"
    )
    computed = serializers.DictField(allow_null=True, help_text="what was worked out, and of what")
    notice = serializers.CharField(allow_blank=True)


class QuerySerializer(serializers.ModelSerializer[QueryLog]):
    query_id = serializers.UUIDField(source="id", read_only=True)
    computed = serializers.SerializerMethodField(help_text="given where one conversation is asked for")

    class Meta:
        model = QueryLog
        fields = (
            "query_id",
            "conversation",
            "question",
            "answer",
            "mode",
            "citations",
            "computed",
            "latency_ms",
            "feedback",
            "comment",
            "created_at",
        )
        read_only_fields = fields

    def get_computed(self, log: QueryLog) -> dict[str, Any] | None:
        return None if "computed" in log.get_deferred_fields() else log.computed
