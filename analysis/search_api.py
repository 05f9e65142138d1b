"""Search over HTTP: passages, why each was found, and where it stands."""

import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis import document_types
from analysis.models import QueryLog
from analysis.search import pictures, retrieval, understanding
from analysis.search.hits import Filters, Hit
from analysis.search.pictures import PictureHit, Shown
from analysis.search.retrieval import Found
from analysis.search.snippets import Highlighter, boxes
from config.requests import caller, checked
from documents.models import User, Workspace

_MOST = 100
_PICTURE_WIDTH = 480  # pixels


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
    chunk_id = serializers.UUIDField(help_text="the passage's id, or the picture's")
    document_id = serializers.UUIDField()
    filename = serializers.CharField()
    type = serializers.CharField(help_text="text, table, image or composite; a picture is an image, too")
    section = serializers.CharField(help_text="the headings above it, outermost first")
    page = serializers.IntegerField()
    boxes = PlaceSerializer(many=True, help_text="where the snippet stands")
    text = serializers.CharField(help_text="the whole passage, or what is written about the picture")
    picture = serializers.CharField(
        allow_null=True, help_text="address of the picture, if it was found by what it shows; `width` may be changed"
    )
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
    pictures = serializers.ChoiceField(
        choices=["off", "searched", "unavailable"],
        help_text="whether pictures were looked for by what they show; unavailable: their server did not answer",
    )


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
        found, shown = _searched(words, filters, given["limit"])
        if not (found.hits or shown.hits) and filters != asked:  # better something than what was perhaps misunderstood
            words, filters = given["q"], asked
            found, shown = _searched(words, filters, given["limit"])
        hits = pictures.mixed(found.hits, shown.hits, given["limit"])
        with found.timed("snippets"):
            body = _body(words, filters, found, hits) | {"pictures": shown.state}
        log = _logged(caller(request), given["q"], found, hits, begin, given["continues"])
        return Response({"query_id": log.id} | body, headers={"Cache-Control": "private, no-store"})


def _searched(words: str, filters: Filters, limit: int) -> tuple[Found, Shown]:
    """Passages, and pictures by what they show."""
    looking = pictures.Looking(words)
    found = retrieval.search(words, filters=filters, limit=limit)
    with found.timed("pictures"):
        return found, looking.found(filters, limit)


def _understood(question: str, asked: Filters) -> tuple[str, Filters]:
    """What the question says, but where the request says it itself."""
    words, meant = understanding.understand(question)
    if meant == Filters():
        return question, asked
    given = {name: value for name in Filters.__dataclass_fields__ if (value := getattr(asked, name))}
    return words, replace(meant, **given)


def _body(words: str, filters: Filters, found: Found, hits: Sequence[Hit | PictureHit]) -> dict[str, Any]:
    highlighter = Highlighter(words, found.corrections.values(), found.languages)
    return {
        "results": [_hit(hit, highlighter) if isinstance(hit, Hit) else _picture(hit, highlighter) for hit in hits],
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
        "picture": None,
        "snippet": snippet.text,
        "highlights": snippet.highlights,
    }


def _picture(hit: PictureHit, highlighter: Highlighter) -> dict[str, Any]:
    """As a passage is shown: what is written about it in the place of the text."""
    snippet = highlighter.snippet(hit.caption)
    page, box = reverse("api-document-page", args=[hit.document_id, hit.page]), ",".join(map(str, hit.box))
    return {
        "chunk_id": hit.id,
        "document_id": hit.document_id,
        "filename": hit.filename,
        "type": "image",
        "section": "",
        "page": hit.page,
        "boxes": [{"page": hit.page, "box": hit.box}],
        "text": hit.caption,
        "picture": f"{page}?width={_PICTURE_WIDTH}&box={box}",
        "snippet": snippet.text,
        "highlights": snippet.highlights,
        "score": hit.score,
    }


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _corrected(words: str, found: Found, highlighter: Highlighter) -> str | None:
    """The question with the words that it was taken to mean, as documents write them."""
    if not found.corrections:
        return None
    return highlighter.rewritten(words, found.corrections, [hit.text for hit in found.hits])


def _logged(
    user: User, question: str, found: Found, hits: Sequence[Hit | PictureHit], begin: float, continued: UUID | None
) -> QueryLog:
    """The asker's own row about the question; what was found is named, not kept. Half a typed word has no row."""
    log = _typed(user, continued) or QueryLog(workspace_id=Workspace.personal_id(user), user=user)
    log.question, log.mode = question, QueryLog.Mode.SEARCH
    log.documents = list(dict.fromkeys(str(hit.document_id) for hit in hits))
    log.retrieved = [[str(hit.chunk_id if isinstance(hit, Hit) else hit.id), hit.score] for hit in hits]
    log.timings, log.model = found.timings, found.embedders
    log.latency_ms = round(1000 * (time.perf_counter() - begin))
    log.save()
    return log


def _typed(user: User, query_id: UUID | None) -> QueryLog | None:
    own = QueryLog.objects.filter(user=user, mode=QueryLog.Mode.SEARCH, feedback="")
    return own.filter(pk=query_id).select_for_update().first() if query_id else None
