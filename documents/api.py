"""Documents over HTTP: list, read, download, look at, delete."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis import parts
from analysis.models import Chunk, Result
from analysis.serializers import ChunkSerializer
from config.idempotency import idempotent
from config.pagination import CursorPages
from config.requests import AnyAccept, caller, checked
from documents import content, rendering
from documents.downloads import attachment, cached, unchanged
from documents.errors import Conflict
from documents.models import Document
from documents.removal import remove
from documents.serializers import DocumentSerializer, JoinRequest, PageImageQuery
from jobs import control
from jobs.models import Job
from jobs.serializers import JobSerializer, visible_jobs

_A_DAY = 86_400


def visible_documents() -> QuerySet[Document]:
    """The caller's documents without their text, each with its latest job and result and its parts, in one query."""
    latest = Job.objects.filter(document=OuterRef("pk")).order_by("-created_at")
    result = Result.objects.filter(document=OuterRef("pk")).order_by("-created_at")
    cut_out = Document.objects.filter(parent=OuterRef("pk")).order_by("first_page", "last_page")
    return Document.objects.defer("markdown").annotate(
        job_id=Subquery(latest.values("id")[:1]),
        job_status=Subquery(latest.values("status")[:1]),
        result_id=Subquery(result.values("id")[:1]),
        part_ids=ArraySubquery(cut_out.values("id")),
    )


class DocumentList(ListAPIView[Document]):
    """The caller's documents, the latest first."""

    serializer_class = DocumentSerializer

    def get_queryset(self) -> QuerySet[Document]:
        return visible_documents()

    @extend_schema(operation_id="list_documents")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class DocumentDetail(APIView):
    @extend_schema(operation_id="get_document", responses=DocumentSerializer)
    def get(self, request: Request, document_id: UUID) -> Response:
        """What is known of a document."""
        document = get_object_or_404(visible_documents(), pk=document_id)
        return Response(DocumentSerializer(document).data)

    @extend_schema(operation_id="delete_document", responses={204: None})
    def delete(self, request: Request, document_id: UUID) -> Response:
        """Deletes a document with its bytes, jobs and results, for good. Work on it that still runs is cancelled."""
        document = get_object_or_404(Document.objects.only("workspace_id", "storage_key"), pk=document_id)
        control.cancel_open(document.jobs.all(), user=caller(request))
        remove(document)
        return Response(status=204)


class DocumentJoin(APIView):
    @extend_schema(operation_id="join_document", request=JoinRequest, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, document_id: UUID) -> Response:
        """Says that a document is one: its parts are deleted for good, and its values are read again by its job."""
        confirmed = checked(JoinRequest, request.data)["confirm"]
        get_object_or_404(Document.objects.only("id"), pk=document_id)
        job = parts.join(document_id, user=caller(request), confirmed=confirmed)
        return Response(JobSerializer(visible_jobs().get(pk=job.pk)).data)


class DocumentFile(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="get_document_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The file as it came in, byte for byte, as a download."""
        document = get_object_or_404(Document.objects.defer("markdown"), pk=document_id)
        etag = document.sha256
        if answer := unchanged(request._request, etag):
            return answer
        response = attachment(
            request._request,
            content.open_file(document),
            filename=document.filename,
            media_type=document.media_type,
            size=document.size,
        )
        return cached(response, etag)


class DocumentMarkdown(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="get_document_markdown", responses={(200, "text/markdown"): OpenApiTypes.STR})
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The document's text as normalised Markdown."""
        document = get_object_or_404(Document.objects.only("markdown", "markdown_sha256"), pk=document_id)
        if not document.markdown_sha256:
            raise Conflict("not_read_yet", "The document has not been read yet. Ask again when its job is done.")
        if answer := unchanged(request._request, document.markdown_sha256):
            return answer
        response = HttpResponse(document.markdown, content_type="text/markdown; charset=utf-8")
        response["X-Content-Type-Options"] = "nosniff"
        return cached(response, document.markdown_sha256)


class ChunkPages(CursorPages):
    ordering = ("ordinal",)

    def is_position(self, text: str) -> bool:
        return text.isdecimal() and len(text) < 10  # digits that the column holds


class DocumentChunks(ListAPIView[Chunk]):
    """The passages by which a document is found, in its order; none until it was embedded for the first time."""

    serializer_class = ChunkSerializer
    pagination_class = ChunkPages
    queryset = Chunk.objects.none()

    def get_queryset(self) -> QuerySet[Chunk]:
        document = get_object_or_404(Document.objects.only("id"), pk=self.kwargs["document_id"])
        return Chunk.objects.filter(document=document).defer("vector", "sentences")

    @extend_schema(operation_id="list_document_chunks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class PageImage(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="get_page_image",
        parameters=[PageImageQuery],
        responses={(200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, document_id: UUID, number: int) -> HttpResponseBase:
        """A page, or a part of it, upright, as a PNG of the given width."""
        asked = checked(PageImageQuery, request.query_params)
        width, box = asked["width"], asked["box"]
        document = get_object_or_404(Document.objects.defer("markdown"), pk=document_id)
        if not 1 <= number <= (document.page_count or settings.MAX_PAGES):
            raise Http404
        rotation = document.pages.filter(number=number).values_list("rotation", flat=True).first()
        etag = "-".join(map(str, (document.sha256, number, width, rotation or 0, *(box or ()))))
        if answer := unchanged(request._request, etag):
            return answer
        with content.local_file(document) as path:
            png = rendering.render_page(
                path, document.media_type, number, width_px=width, rotation=rotation or 0, box=box
            )
        response = HttpResponse(png, content_type="image/png")
        # How a page is turned is known once it was read; until then nobody should keep it.
        return cached(response, etag, seconds=0 if rotation is None else _A_DAY)
