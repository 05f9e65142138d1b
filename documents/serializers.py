"""Documents as the API shows them."""

import math
from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from documents.models import Document
from documents.pages import Box


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """The view annotates `job_id`, `job_status` and `result_id`, the latest of each, and `part_ids`."""

    document_id = serializers.UUIDField(source="id")
    workspace_id = serializers.UUIDField()
    job_id = serializers.UUIDField(allow_null=True, help_text="the latest job")
    status = serializers.CharField(source="job_status", allow_null=True, help_text="of the latest job")
    result_id = serializers.UUIDField(allow_null=True, help_text="the latest result")
    parent_id = serializers.UUIDField(allow_null=True, help_text="the document that this was cut out of")
    pages_of_parent = serializers.SerializerMethodField()
    parts = serializers.ListField(
        child=serializers.UUIDField(), source="part_ids", help_text="the documents that were cut out of this one"
    )
    alphabet = serializers.CharField(help_text="the one asked for when it was read last; blank: the installation's")
    file_url = serializers.SerializerMethodField()
    markdown_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "document_id",
            "workspace_id",
            "filename",
            "media_type",
            "size",
            "sha256",
            "page_count",
            "markdown_sha256",
            "reading_version",
            "alphabet",
            "job_id",
            "status",
            "result_id",
            "parent_id",
            "pages_of_parent",
            "parts",
            "file_url",
            "markdown_url",
            "created_at",
        )

    def get_pages_of_parent(self, document: Document) -> list[int] | None:
        """The first and the last, from 1; also of a parent that was deleted since."""
        return [document.first_page, document.last_page or 0] if document.first_page else None

    def get_file_url(self, document: Document) -> str:
        return self._url("api-document-file", document)

    def get_markdown_url(self, document: Document) -> str | None:
        """Null until the document has been read."""
        return self._url("api-document-markdown", document) if document.markdown_sha256 else None

    def _url(self, name: str, document: Document) -> str:
        return str(reverse(name, [document.id]))


class JoinRequest(serializers.Serializer[Any]):
    confirm = serializers.BooleanField(default=False, help_text="also if people have corrected or approved parts")


class PageImageQuery(serializers.Serializer[Any]):
    width = serializers.IntegerField(min_value=50, max_value=3000, default=1000, help_text="pixels")
    box = serializers.CharField(
        default="",
        max_length=100,
        help_text="x0,y0,x1,y1 in the page's unit: this part alone, smaller than `width` where it would be blurred",
    )

    def validate_box(self, text: str) -> Box | None:
        if not text:
            return None
        try:
            x0, y0, x1, y1 = map(float, text.split(","))
        except ValueError:
            x0 = y0 = x1 = y1 = 0.0
        if not (0 <= x0 < x1 < math.inf and 0 <= y0 < y1 < math.inf):
            raise serializers.ValidationError("Give a box as x0,y0,x1,y1 in the page's unit.")
        return Box(x0, y0, x1, y1)
