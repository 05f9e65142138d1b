"""The pictures in documents, with vectors by which they are found by what they show."""

import uuid
from typing import Any, ClassVar

from django.db import models
from pgvector.django import HalfVectorField

from documents.models import Document, Workspace
from documents.rls import RowLevelSecurity

# uuid5 namespace: the same picture gets the same id however often it is found.
_PICTURES = uuid.UUID("5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c0a")


class PictureColumns(models.Model):
    """A picture on a page. `box` is [x0, y0, x1, y1] in the page's unit; a scan or photograph is its whole page.

    `vector` has length 1, and `embedder` names the model that made it; both are lacking while its server was away.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    ordinal = models.PositiveIntegerField(help_text="its place among the document's pictures, from 0")
    page = models.PositiveIntegerField()
    box = models.JSONField()
    caption = models.TextField(blank=True, help_text="what is written below, above or in it")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="of the JPEG that is embedded")
    embedder = models.CharField(max_length=120, blank=True)
    vector: Any = HalfVectorField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"picture {self.ordinal}, page {self.page}"


class Picture(PictureColumns):
    """A picture as readers find it: always of the last set that was finished."""

    id = models.UUIDField(primary_key=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="pictures")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["document", "ordinal"]
        indexes: ClassVar = [models.Index(fields=["workspace", "embedder"], name="analysis_picture_embedder")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "ordinal"], name="analysis_picture_unique"),
            RowLevelSecurity(name="analysis_picture_rls"),
        ]

    @staticmethod
    def id_for(document_id: uuid.UUID, ordinal: int, sha256: str) -> uuid.UUID:
        return uuid.uuid5(_PICTURES, f"{document_id}:{ordinal}:{sha256}")


class PictureDraft(PictureColumns):
    """A picture of a set that is being made by `run`, a job: buffered with its JPEG until the set is swapped in."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    run = models.UUIDField()
    jpeg = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="analysis_picturedraft_unique"),
            RowLevelSecurity(name="analysis_picturedraft_rls"),
        ]


class PictureSet(models.Model):
    """That a document was looked through for pictures, and by what: there may be none in it."""

    document = models.OneToOneField(Document, primary_key=True, on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=40, help_text="of what finds and draws them")
    embedder = models.CharField(max_length=120, blank=True, help_text="who made all vectors of it; empty: some lack")
    run = models.UUIDField(null=True, help_text="the job whose set is buffered and not swapped in yet")

    class Meta:
        constraints: ClassVar = [RowLevelSecurity(name="analysis_pictureset_rls")]

    def __str__(self) -> str:
        return f"pictures of {self.document_id}"
