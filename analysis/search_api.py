"""Search over HTTP: passages, why each was found, and where it stands."""

import time
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis import document_types
from analysis.models import QueryLog
from analysis.search import retrieval, understanding
from analysis.search.hits import Filters, Hit
from analysis.search.retrieval import Found
from analysis.search.snippets import Highlighter, boxes
from config.requests import caller, checked
from documents.models import User, Workspace

_MOST = 100


class SearchQuery(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=1_000, trim_whitespace=True)
    kind = serializers.ListField(child=serializers.CharField(max_length=40), default=list, help_text="document types")
    document = serializers.ListField(child=serializers.UUIDField(), default=list)
    vendor = serializers.CharField(max_length=200, default="", allow_blank=True)
    since = serializers.DateField(default=None, help_text="the document's own date, inclusive")
    until = serializers.DateField(default=None, help_text="inclusive")
    limit = serializers.IntegerField(min_value=1, max_value=_MOST, default=10)
    understand = serializers.BooleanField(
        default=True, help_text="whether kinds, vendors, amounts and dates in `q` are taken as filters"
    )
    continues = serializers.UUIDField(
        default=None, help_text="the `query_id` of what was asked while typing, whose place in your queries this takes"
    )

    def validate_kind(self, kinds: list[str]) -> list[str]:
        if unknown := set(kinds) - set(document_types.names()):
            raise serializers.ValidationError(f"There is no document type {sorted(unknown)[0]}.")
        return kinds


class PlaceSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    box = serializers.ListField(child=serializers.FloatField(), help_text="[x0, y0, x1, y1] in the page's unit")


class HitSerializer(serializers.Serializer[Any]):
    chunk_id = serializers.UUIDField()
    document_id = serializers.UUIDField()
    filename = serializers.CharField()
    type = serializers.CharField()
    section = serializers.CharField(help_text="the headings above it, outermost first")
    page = serializers.IntegerField()
    boxes = PlaceSerializer(many=True, help_text="where the snippet stands")
    text = serializers.CharField(help_text="the whole passage")
    snippet = serializers.CharField(help_text="the part of it that shows best why it was found")
    highlights = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="[[start, end], …] in the snippet"
    )
    score = serializers.FloatField(help_text="in [0, 1], to be compared within one answer only")


class ConditionSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    op = serializers.CharField()
    value = serializers.CharField()


@extend_schema_serializer(component_name="Understood")
class UnderstoodSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(help_text="what was searched for")
    kinds = serializers.ListField(child=serializers.CharField())
    vendor = serializers.CharField(allow_blank=True)
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    conditions = ConditionSerializer(many=True)


class SearchAnswer(serializers.Serializer[Any]):
    query_id = serializers.UUIDField()
    results = HitSerializer(many=True)
    understood = UnderstoodSerializer()
    corrected = serializers.CharField(allow_null=True, help_text="the question as it was searched for, if misspelt")


class Search(APIView):
    @extend_schema(operation_id="search", parameters=[SearchQuery], responses=SearchAnswer)
    def get(self, request: Request) -> Response:
        """Passages of your documents, the best first."""
        begin = time.perf_counter()
        given = checked(SearchQuery, request.query_params)
        asked = Filters(
            documents=tuple(given["document"]),
            kinds=tuple(given["kind"]),
            vendor=given["vendor"],
            since=given["since"],
            until=given["until"],
        )
        words, filters = _understood(given["q"], asked) if given["understand"] else (given["q"], asked)
        found = retrieval.search(words, filters=filters, limit=given["limit"])
        if not found.hits and filters != asked:  # better something than what was perhaps misunderstood
            words, filters = given["q"], asked
            found = retrieval.search(words, filters=filters, limit=given["limit"])
        with found.timed("snippets"):
            body = _body(words, filters, found)
        log = _logged(caller(request), given["q"], found, begin, given["continues"])
        return Response({"query_id": log.id} | body, headers={"Cache-Control": "private, no-store"})


def _understood(question: str, asked: Filters) -> tuple[str, Filters]:
    """What the question says, but where the request says it itself."""
    words, meant = understanding.understand(question)
    if meant == Filters():
        return question, asked
    given = {name: value for name in Filters.__dataclass_fields__ if (value := getattr(asked, name))}
    return words, replace(meant, **given)


def _body(words: str, filters: Filters, found: Found) -> dict[str, Any]:
    highlighter = Highlighter(words, found.corrections.values(), found.languages)
    return {
        "results": [_hit(hit, highlighter) for hit in found.hits],
        "understood": {
            "words": words,
            "kinds": filters.kinds,
            "vendor": filters.vendor,
            "since": filters.since,
            "until": filters.until,
            "conditions": [
                {"field": one.field, "op": one.op, "value": _plain(one.value)} for one in filters.conditions
            ],
        },
        "corrected": _corrected(words, found, highlighter),
    }


def _hit(hit: Hit, highlighter: Highlighter) -> dict[str, Any]:
    snippet = highlighter.snippet(hit.text)
    own = ("chunk_id", "document_id", "filename", "type", "section", "page", "text", "score")
    return {name: getattr(hit, name) for name in own} | {
        "boxes": boxes(hit.spans, snippet.start, snippet.end),
        "snippet": snippet.text,
        "highlights": snippet.highlights,
    }


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _corrected(words: str, found: Found, highlighter: Highlighter) -> str | None:
    """The question with the words that it was taken to mean, as documents write them."""
    if not found.corrections:
        return None
    return highlighter.rewritten(words, found.corrections, [hit.text for hit in found.hits])


def _logged(user: User, question: str, found: Found, begin: float, continued: UUID | None) -> QueryLog:
    """The asker's own row about the question; what was found is named, not kept. Half a typed word has no row."""
    log = _typed(user, continued) or QueryLog(workspace_id=Workspace.personal_id(user), user=user)
    log.question, log.mode = question, QueryLog.Mode.SEARCH
    log.documents = list(dict.fromkeys(str(hit.document_id) for hit in found.hits))
    log.retrieved = [[str(hit.chunk_id), hit.score] for hit in found.hits]
    log.timings, log.model = found.timings, found.embedders
    log.latency_ms = round(1000 * (time.perf_counter() - begin))
    log.save()
    return log


def _typed(user: User, query_id: UUID | None) -> QueryLog | None:
    own = QueryLog.objects.filter(user=user, mode=QueryLog.Mode.SEARCH, feedback="")
    return own.filter(pk=query_id).select_for_update().first() if query_id else None
