"""What can be found: the passages of documents, their vectors, and the questions that were asked."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from pgvector.django import HalfVectorField

from documents.models import Document, Workspace
from documents.rls import RowLevelSecurity

# uuid5 namespace: the same passage gets the same id however often it is made.
_CHUNKS = uuid.UUID("5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c03")


class ChunkColumns(models.Model):
    """A passage of a document, as it is found and quoted.

    `spans` says where its text stands: [[start, end, page, x0, y0, x1, y1], …], offsets of characters in `text` and a
    box in the page's unit, one for each line or cell. `vector` has length 1; `embedder` names the model that made it,
    and the `sentences`: a vector each of the windows that `analysis.search.windows` finds in the text, packed.
    """

    class Type(models.TextChoices):
        TEXT = "text"
        TABLE = "table"
        IMAGE = "image"
        COMPOSITE = "composite"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    ordinal = models.PositiveIntegerField(help_text="its place in the document, from 0")
    type = models.CharField(max_length=10, choices=Type, default=Type.TEXT)
    text = models.TextField()
    section = models.TextField(blank=True, help_text="the headings above it, outermost first, joined by ' › '")
    page = models.PositiveIntegerField(help_text="its first, from 1")
    last_page = models.PositiveIntegerField()
    spans = models.JSONField(default=list)
    tokens = models.PositiveIntegerField()
    version = models.CharField(max_length=40, help_text="of the chunker that made it")
    embedder = models.CharField(max_length=120, blank=True)
    vector: Any = HalfVectorField(null=True)
    sentences = models.BinaryField(null=True, help_text="float16, little-endian, sentences x dimensions")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.type} {self.ordinal}, page {self.page}"


class Chunk(ChunkColumns):
    """A passage as readers find it: always of the last set that was finished."""

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=models.Func(
            models.Value("analysis_chunk_number"), function="nextval", output_field=models.BigIntegerField()
        ),
        help_text="a short name for it, for the index of words",
    )
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="chunks")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["document", "ordinal"]
        indexes: ClassVar = [models.Index(fields=["workspace", "embedder"], name="analysis_chunk_embedder")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "ordinal"], name="analysis_chunk_unique", deferrable=models.Deferrable.DEFERRED
            ),
            RowLevelSecurity(name="analysis_chunk_rls"),
        ]

    @staticmethod
    def id_for(document_id: uuid.UUID, version: str, ordinal: int, text: str) -> uuid.UUID:
        return uuid.uuid5(_CHUNKS, f"{document_id}:{version}:{ordinal}:{text}")


class ChunkDraft(ChunkColumns):
    """A passage of a set that is being made: buffered until all are there and have vectors, then swapped in.

    `run` is the id of the job or re-embedding that makes the set: two don't mix.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    run = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="analysis_chunkdraft_unique"),
            RowLevelSecurity(name="analysis_chunkdraft_rls"),
        ]


class QueryLog(models.Model):
    """A question, what was answered from which passages, and what the asker thought of it. Others don't see it."""

    class Mode(models.TextChoices):
        SEARCH = "search", "search"
        EXTRACTIVE = "extractive", "quoted"
        COMPUTED = "computed", "computed"
        LLM = "llm", "written by a language model"
        NONE = "none", "not answered"

    class Feedback(models.TextChoices):
        POSITIVE = "positive"
        NEUTRAL = "neutral"
        NEGATIVE = "negative"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", help_text="the asker's own")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    conversation = models.UUIDField(null=True, blank=True, help_text="the same for the questions of one thread")
    question = models.TextField()
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.NONE)
    answer = models.TextField(blank=True)
    citations = models.JSONField(default=list, blank=True, help_text="[{document_id, page, boxes, quote, …}]")
    computed = models.JSONField(null=True, blank=True, help_text="what was worked out, and of what")
    documents = models.JSONField(default=list, blank=True, help_text="ids of the documents used")
    retrieved = models.JSONField(default=list, blank=True, help_text="[[chunk id, score], …], best first")
    reranked = models.JSONField(default=list, blank=True, help_text="[[chunk id, score], …], best first")
    timings = models.JSONField(default=dict, blank=True, help_text="milliseconds by step")
    latency_ms = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True, help_text="what embedded and answered")
    feedback = models.CharField(max_length=10, choices=Feedback, blank=True)
    comment = models.TextField(blank=True, help_text="what the asker said about it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "question"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at"], name="analysis_querylog_recent"),
            models.Index(fields=["conversation", "created_at"], name="analysis_querylog_thread"),
            models.Index(fields=["created_at"], name="analysis_querylog_age"),
        ]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_querylog_rls")]

    def __str__(self) -> str:
        return self.question[:80]
