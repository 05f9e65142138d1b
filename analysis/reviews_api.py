"""Reviews over HTTP: a text or a file is judged; what was found is looked at, filtered and taken away."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from analysis import sentiment
from analysis.models import ReviewBatch, ReviewRow
from analysis.reviews import corrections, exports, judging, listing
from analysis.reviews.removal import remove_batch
from analysis.reviews.submission import submit_file, submit_text
from analysis.reviews_serializers import (
    BatchQuery,
    BatchSerializer,
    PageQuery,
    RefusedPageSerializer,
    ReviewSerializer,
    ReviewSubmissionSerializer,
    ReviewText,
    ReviewUpload,
    Said,
    Shown,
    VerdictSerializer,
)
from config import throttling
from config.authentication import BearerAuthentication
from config.guests import GuestAuthentication
from config.idempotency import idempotent
from config.requests import caller, checked, workspace_of
from documents import guests
from documents.downloads import attachment, in_pieces
from documents.errors import InvalidInput
from documents.models import User
from jobs.models import Job, Priority

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReviewView(APIView):
    """Guests may call it, where the settings let them in."""

    authentication_classes = (BearerAuthentication, SessionAuthentication, GuestAuthentication)


class ReviewList(ReviewView):
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(
        operation_id="submit_reviews",
        request={"multipart/form-data": ReviewUpload, "application/json": ReviewText},
        responses={200: ReviewSubmissionSerializer, 202: ReviewSubmissionSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Takes a text or a file of reviews in and starts its job: 202; or 200 and the job there is, if it was here."""
        user = caller(request)
        if "file" not in request.data:
            given = checked(ReviewText, request.data)
            _refuse_callback(user, given["callback_url"])
            workspace = workspace_of(user, given["workspace"])
            job = submit_text(given["text"], workspace_id=workspace, user=user, callback_url=given["callback_url"])
            return _submitted(job, duplicate=False)
        given = checked(ReviewUpload, request.data)
        _refuse_callback(user, given["callback_url"])
        with _uploads(request):
            _, job, duplicate = submit_file(
                given["file"],
                filename=given["file"].name,
                workspace_id=workspace_of(user, given["workspace"]),
                user=user,
                text_column=given["text_column"],
                priority=Priority[given["priority"].upper()],
                callback_url=given["callback_url"],
                max_mb=settings.GUEST_MAX_MB if guests.is_guest(user) else None,
            )
        return _submitted(job, duplicate=duplicate)


def _uploads(request: Request) -> AbstractContextManager[None]:
    if guests.is_guest(caller(request)):
        return throttling.GUEST_UPLOADS.spent(throttling.address(request))
    return throttling.UPLOADS.spent(caller(request).pk)


def _refuse_callback(user: User, callback_url: str) -> None:
    """Whom nobody knows makes us call nobody."""
    if callback_url and guests.is_guest(user):
        raise InvalidInput("callback_refused", "Callbacks are for users with an account. Leave callback_url out.")


def _submitted(job: Job, *, duplicate: bool) -> Response:
    headers = {"Location": reverse("api-review", [job.pk])}
    body = ReviewSubmissionSerializer({"job": job, "duplicate": duplicate}).data
    return Response(body, status=200 if duplicate else 202, headers=headers)


class ReviewVerdict(ReviewView):
    parser_classes = (JSONParser,)

    @extend_schema(operation_id="judge_review", request=ReviewText, responses=VerdictSerializer)
    def post(self, request: Request) -> Response:
        """What a text means, at once. Nothing is kept."""
        text = judging.checked(checked(ReviewText, request.data)["text"])
        verdict = sentiment.classify([text])[0]
        return Response(VerdictSerializer(verdict).data)


class _Negotiation(DefaultContentNegotiation):
    """`?format=` names an export, or JSON; the Accept header does not matter: errors are problem+json anyway."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ReviewDetail(ReviewView):
    content_negotiation_class = _Negotiation

    @extend_schema(
        operation_id="get_reviews",
        parameters=[BatchQuery],
        responses={
            (200, "application/json"): BatchSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponseBase:
        """Where a batch stands, its statistics so far, and a page of its rows; or with `format` all that fit."""
        query = checked(BatchQuery, request.query_params)
        batch = _batch(job_id)
        wanted = listing.Wanted(**{name: query[name] for name in ("label", "min_confidence", "max_confidence", "q")})
        if query["format"]:
            return _export(request._request, batch, query["format"], wanted)
        rows, after = listing.page(batch, wanted, after=query["cursor"], limit=query["page_size"])
        return Response(BatchSerializer(Shown(batch, rows, _next(request, after))).data)

    @extend_schema(operation_id="delete_reviews", responses={204: None})
    def delete(self, request: Request, job_id: UUID) -> Response:
        """Deletes a batch and all its rows for good, with its file if nothing else was read from that."""
        remove_batch(_batch(job_id), user=caller(request))
        return Response(status=204)


class ReviewRefused(ReviewView):
    @extend_schema(operation_id="list_refused_reviews", parameters=[PageQuery], responses=RefusedPageSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """A page of the rows that could not be judged, each with its cause."""
        query, batch = checked(PageQuery, request.query_params), _batch(job_id)
        told = listing.statistics_of(batch)
        rows, after = listing.refused(batch, told, after=query["cursor"], limit=query["page_size"])
        return Response(RefusedPageSerializer({"results": rows, "next": _next(request, after)}).data)


class ReviewRowDetail(APIView):
    parser_classes = (JSONParser,)

    @extend_schema(operation_id="correct_review", request=Said, responses=ReviewSerializer)
    def patch(self, request: Request, job_id: UUID, number: int) -> Response:
        """Says what a review means, or takes that back; statistics follow. For staff with the permission to."""
        found = get_object_or_404(ReviewRow, batch=job_id, row=number)
        if not corrections.may_correct(caller(request)):
            raise PermissionDenied("Labels are corrected by staff with the permission to change reviews.")
        label = checked(Said, request.data)["label"]
        if label is None:
            corrections.take_back(found.pk)
        else:
            corrections.correct(found.pk, label, user=caller(request))
        found.refresh_from_db()
        return Response(ReviewSerializer(found).data)


def _batch(job_id: UUID) -> ReviewBatch:
    return get_object_or_404(ReviewBatch.objects.select_related("job__document"), pk=job_id)


def _next(request: Request, after: int | None) -> str | None:
    """The same question about the rows that follow."""
    if after is None:
        return None
    params = request.query_params.copy()
    params["cursor"] = str(after)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


def _export(request: HttpRequest, batch: ReviewBatch, form: str, wanted: listing.Wanted) -> HttpResponseBase:
    document = batch.job.document
    kind = wanted.label or ("reviews" if wanted == listing.ALL else "some")
    name = f"{Path(document.filename).stem if document else 'review'}-{kind}.{form}"
    if form == "xlsx":
        return _workbook(request, batch, name, wanted)
    write, media_type = (
        (exports.as_csv, "text/csv; charset=utf-8") if form == "csv" else (exports.as_json, "application/json")
    )
    pieces: Iterator[bytes] = write(batch.workspace_id, batch, wanted)
    return in_pieces(request, pieces, filename=name, media_type=media_type)


def _workbook(request: HttpRequest, batch: ReviewBatch, name: str, wanted: listing.Wanted) -> HttpResponseBase:
    """Written whole before it is sent, for its directory comes last; on disk, and gone when it was read."""
    scratch = settings.DATA_DIR / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed when it was sent
    try:
        exports.as_xlsx(batch.workspace_id, batch, file, scratch, wanted)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    return attachment(request, File(file, name), filename=name, media_type=XLSX, size=size)
