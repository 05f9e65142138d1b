"""Documents as the API shows them."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from documents.models import Document


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """The view annotates `job_id`, `job_status` and `result_id`: the latest of each."""

    document_id = serializers.UUIDField(source="id")
    workspace_id = serializers.UUIDField()
    job_id = serializers.UUIDField(allow_null=True, help_text="the latest job")
    status = serializers.CharField(source="job_status", allow_null=True, help_text="of the latest job")
    result_id = serializers.UUIDField(allow_null=True, help_text="the latest result")
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
            "job_id",
            "status",
            "result_id",
            "file_url",
            "markdown_url",
            "created_at",
        )

    def get_file_url(self, document: Document) -> str:
        return self._url("api-document-file", document)

    def get_markdown_url(self, document: Document) -> str | None:
        """Null until the document has been read."""
        return self._url("api-document-markdown", document) if document.markdown_sha256 else None

    def _url(self, name: str, document: Document) -> str:
        return str(reverse(name, [document.id]))


class PageImageQuery(serializers.Serializer[Any]):
    width = serializers.IntegerField(min_value=50, max_value=3000, default=1000, help_text="pixels")
