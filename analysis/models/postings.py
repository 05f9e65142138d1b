"""The index of words: which passages hold a word, how often, and how long they are."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from documents.models import Document, Workspace
from documents.rls import RowLevelSecurity


class Segment(models.Model):
    """A part of a workspace's index that was written at once: for one document, or merged of several (`document` null).

    Inserts make a segment each, so that none waits for another; `analysis.search.merging` makes fewer of them.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, null=True, on_delete=models.CASCADE, related_name="+")
    chunks = models.PositiveIntegerField(help_text="passages in it, deleted ones included")
    words = models.PositiveBigIntegerField(help_text="the lengths of its passages, summed up")
    languages = ArrayField(models.CharField(max_length=2), default=list, help_text="ISO 639-1, of its passages")
    embedders = ArrayField(models.CharField(max_length=120), default=list, help_text="that made its passages' vectors")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["workspace"], include=["chunks", "words"], name="analysis_segment_sums")
        ]
        constraints: ClassVar = [RowLevelSecurity(name="analysis_segment_rls")]

    def __str__(self) -> str:
        return f"{self.chunks} passages"


class Posting(models.Model):
    """The passages of a segment that hold a word; the empty word stands for all of them.

    `entries` is as `analysis.search.entries` packs it: numbers of chunks, times that the word is in them, lengths.
    There are millions of rows and each belongs to a segment that is removed with them: the references are unchecked.
    """

    pk = models.CompositePrimaryKey("workspace_id", "word", "segment_id")
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    word = models.CharField(max_length=64, db_collation="C")  # ranges of it are asked for
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    entries = models.BinaryField()

    class Meta:
        constraints: ClassVar = [RowLevelSecurity(name="analysis_posting_rls")]

    def __str__(self) -> str:
        return self.word
