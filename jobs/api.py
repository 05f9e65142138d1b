"""Jobs over HTTP: watch, retry, cancel."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.idempotency import idempotent
from config.requests import caller, checked
from documents.models import Document
from jobs import control, streaming
from jobs.feeds import JobFeed, WorkspaceFeed
from jobs.models import Job
from jobs.serializers import (
    EventsQuery,
    EventsSerializer,
    JobFilters,
    JobSerializer,
    RetryRequest,
    StreamQuery,
    visible_jobs,
)

_EVENTS = 500  # at most, in one answer
_FILTERS = {
    "status": "status",
    "kind": "kind",
    "document": "document_id",
    "stage": "stage",
    "error_code": "error_code",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}


class JobList(ListAPIView[Job]):
    """The caller's jobs, the latest first."""

    serializer_class = JobSerializer

    def get_queryset(self) -> QuerySet[Job]:
        filters = checked(JobFilters, self.request.query_params)
        return visible_jobs().filter(**{_FILTERS[name]: value for name, value in filters.items()})

    @extend_schema(operation_id="list_jobs", parameters=[JobFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class JobDetail(APIView):
    @extend_schema(operation_id="get_job", responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Where a job stands."""
        return _answer(job_id)


class JobRetry(APIView):
    @extend_schema(operation_id="retry_job", request=RetryRequest, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        """Runs a job that is over once more, from the named stage or from where it stopped."""
        given = checked(RetryRequest, request.data)
        get_object_or_404(Job, pk=job_id)
        control.retry(job_id, from_stage=given["from_stage"], user=caller(request))
        return _answer(job_id)


class JobCancel(APIView):
    @extend_schema(operation_id="cancel_job", request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Stops a queued or running job; what runs of it stops within seconds."""
        get_object_or_404(Job, pk=job_id)
        control.cancel(job_id, user=caller(request))
        return _answer(job_id)


_LAST_EVENT = OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="goes before `after`")
_STREAM = {(200, streaming.CONTENT_TYPE): OpenApiTypes.STR}


class JobEvents(APIView):
    renderer_classes = (JSONRenderer, streaming.EventStreamRenderer)

    @extend_schema(
        operation_id="list_job_events",
        parameters=[EventsQuery, _LAST_EVENT],
        responses={(200, "application/json"): EventsSerializer, **_STREAM},
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        """What happened to a job, in order; with `Accept: text/event-stream` also what happens from now on."""
        after = checked(EventsQuery, _cursor(request))["after"]
        job = get_object_or_404(Job, pk=job_id)
        if streaming.is_wanted(request):
            return streaming.answer(request, JobFeed(job_id, after))
        events = list(job.events.filter(seq__gt=after)[:_EVENTS])
        last = events[-1].seq if events else after
        return Response(EventsSerializer({"events": events, "next": last}).data)


class WorkspaceEvents(APIView):
    renderer_classes = (streaming.EventStreamRenderer,)

    @extend_schema(operation_id="stream_jobs", parameters=[StreamQuery, _LAST_EVENT], responses=_STREAM)
    def get(self, request: Request) -> HttpResponse:
        """The latest state of each of your jobs that changes, as server-sent events."""
        return streaming.answer(request, WorkspaceFeed(checked(StreamQuery, _cursor(request))["after"]))


class ProcessingStatus(APIView):
    @extend_schema(operation_id="get_processing_status", responses=JobSerializer)
    def get(self, request: Request, document_id: UUID) -> Response:
        """Where the latest job of a document stands."""
        document = get_object_or_404(Document.objects.only("id"), pk=document_id)
        latest = get_object_or_404(visible_jobs().filter(document=document).order_by("-created_at")[:1])
        return Response(JobSerializer(latest).data)


def _cursor(request: Request) -> dict[str, str]:
    """From where on: browsers that connect again name the last event in a header."""
    given = request.headers.get("Last-Event-ID") or request.query_params.get("after")
    return {} if given is None else {"after": given}


def _answer(job_id: UUID) -> Response:
    return Response(JobSerializer(get_object_or_404(visible_jobs(), pk=job_id)).data)
