"""Questions over HTTP: asked, answered at once or as a stream, judged, listed and deleted."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.answers import asking, logbook
from analysis.answers_serializers import AnswerSerializer, FeedbackInput, QuerySerializer, QuestionInput
from analysis.answers_stream import Question, as_events, told
from analysis.models import QueryLog
from config.requests import caller, checked
from jobs.streaming import CONTENT_TYPE, EventStreamRenderer, is_wanted

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Ask(APIView):
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @extend_schema(operation_id="ask", request=QuestionInput, responses=AnswerSerializer)
    def post(self, request: Request) -> HttpResponseBase:
        """Answers from the documents: with figures worked out, written, or quoted. Streams with `text/event-stream`."""
        given = checked(QuestionInput, request.data)
        question = Question(given["question"], tuple(given["document_ids"]), given["conversation"])
        if is_wanted(request):
            return StreamingHttpResponse(
                _bytes(told(question, caller(request), request._request)), content_type=CONTENT_TYPE, headers=_HEADERS
            )
        *_, last = asking.ask(
            question.text, user=caller(request), documents=question.documents, thread_id=question.conversation
        )
        return Response(last.data)


async def _bytes(events: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    async for event in as_events(events):
        yield event


class WhichQueries(serializers.Serializer[Any]):
    conversation = serializers.UUIDField(default=None)
    kind = serializers.ChoiceField(
        ["ask", "search"], default="", help_text="what was asked, or searched for; else both"
    )


class QueryList(ListAPIView[QueryLog]):
    serializer_class = QuerySerializer

    @extend_schema(operation_id="list_queries", parameters=[WhichQueries])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The caller's own questions, the latest first; `conversation` for those of one thread."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        found = logbook.own(caller(self.request))
        given = checked(WhichQueries, self.request.query_params)
        if given["kind"]:
            searched = Q(mode=QueryLog.Mode.SEARCH)
            found = found.filter(searched if given["kind"] == "search" else ~searched)
        if given["conversation"]:
            return found.filter(conversation=given["conversation"])
        return found.defer("computed")  # hundreds of addends each: for those who open the conversation


class QueryDetail(APIView):
    @extend_schema(operation_id="delete_query", responses={204: None})
    def delete(self, request: Request, query_id: UUID) -> Response:
        """Forgets a question and its answer."""
        get_object_or_404(logbook.own(caller(request)), pk=query_id).delete()
        return Response(status=204)


class QueryFeedback(APIView):
    parser_classes = (JSONParser,)

    @extend_schema(operation_id="judge_answer", request=FeedbackInput, responses=QuerySerializer)
    def post(self, request: Request, query_id: UUID) -> Response:
        """What the asker thinks of an answer; said again, it replaces what was said before."""
        log = get_object_or_404(logbook.own(caller(request)), pk=query_id)
        given = checked(FeedbackInput, request.data)
        log.feedback, log.comment = given["feedback"], given["comment"]
        log.save(update_fields=["feedback", "comment"])
        return Response(QuerySerializer(log).data)
