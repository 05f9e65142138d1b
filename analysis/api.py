"""Analysis over HTTP: send a file, get its result, correct and approve it."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from analysis import review
from analysis.exports import as_csv, as_xlsx
from analysis.models import Result
from analysis.serializers import Corrections, ResultSerializer, SubmissionSerializer, Upload
from analysis.submission import submit_file
from config import throttling
from config.idempotency import idempotent
from config.requests import caller, checked, etag, expected_version, workspace_of
from jobs.models import Priority

IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True, description="the ETag of the result"
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableRenderer(BaseRenderer):
    """A result as a table to take away; errors stay JSON."""

    write: "staticmethod[[Mapping[str, Any], Mapping[str, str]], str | bytes]"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> str | bytes:
        response = renderer_context["response"]
        if response.exception:
            return json.dumps(data).encode()
        response["Content-Disposition"] = f'attachment; filename="{data["result_id"]}.{self.format}"'
        known = review.field_types(data["document_type"])
        return self.write(data, {**known, **{name: "text" for name in data["fields"] if name not in known}})


class CsvRenderer(TableRenderer):
    media_type, format = "text/csv", "csv"
    write = staticmethod(as_csv)


class XlsxRenderer(TableRenderer):
    media_type, format = XLSX, "xlsx"
    charset, render_style = None, "binary"
    write = staticmethod(as_xlsx)


class Analyze(APIView):
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="analyze",
        request={"multipart/form-data": Upload},
        responses={200: SubmissionSerializer, 202: SubmissionSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Takes a file in and starts its job: 202; or 200 and the job there is, for bytes that were here before."""
        given, user = checked(Upload, request.data), caller(request)
        with throttling.UPLOADS.spent(user.pk):
            submission = submit_file(
                given["file"],
                filename=given["file"].name,
                workspace_id=workspace_of(user, given["workspace"]),
                user=user,
                kind=given["kind"],
                alphabet=given["alphabet"],
                priority=Priority[given["priority"].upper()],
                callback_url=given["callback_url"],
            )
        body = SubmissionSerializer(submission).data
        location = {"Location": reverse("api-job", [submission.job.id])}
        return Response(body, status=200 if submission.duplicate else 202, headers=location)


def visible_results() -> QuerySet[Result]:
    """The caller's results with their fields."""
    return Result.objects.prefetch_related("fields")


def shown(method: Callable[..., object]) -> Callable[..., Response]:
    """Answers with the result, as it is after the method, and its ETag."""

    @wraps(method)
    def answer(view: APIView, request: Request, result_id: UUID) -> Response:
        get_object_or_404(Result.objects.only("id"), pk=result_id)
        method(view, request, result_id)
        result = get_object_or_404(visible_results(), pk=result_id)
        headers = {"ETag": etag(result.version), "Cache-Control": "private, no-cache"}
        return Response(ResultSerializer(result).data, headers=headers)

    return answer


class ResultDetail(APIView):
    renderer_classes = (JSONRenderer, CsvRenderer, XlsxRenderer)

    @extend_schema(
        operation_id="get_result",
        parameters=[OpenApiParameter("format", OpenApiTypes.STR, enum=["json", "csv", "xlsx"])],
        responses={
            (200, "application/json"): ResultSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
        },
    )
    @shown
    def get(self, request: Request, result_id: UUID) -> None:
        """What was found in a document, and where. The ETag names its version."""

    @extend_schema(
        operation_id="correct_result", parameters=[IF_MATCH], request=Corrections, responses=ResultSerializer
    )
    @shown
    def patch(self, request: Request, result_id: UUID) -> None:
        """Corrects values, and checks the result anew."""
        version = expected_version(request)
        given: Mapping[str, Any] = checked(Corrections, request.data)
        review.correct(result_id, given["fields"], given["line_items"], user=caller(request), expected_version=version)


class ResultApproval(APIView):
    @extend_schema(operation_id="approve_result", parameters=[IF_MATCH], request=None, responses=ResultSerializer)
    @shown
    def post(self, request: Request, result_id: UUID) -> None:
        """Vouches for the result as it stands."""
        review.approve(result_id, user=caller(request), expected_version=expected_version(request))
