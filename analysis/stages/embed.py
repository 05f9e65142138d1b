"""Makes the passages' vectors, some hundred passages in each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import passages
from analysis.engines import embedding
from analysis.search import vectors
from analysis.search.vectors import Text, Vectors
from jobs.models import Job, Task
from jobs.stages import Stage

PER_PART = 256  # passages


@dataclass(frozen=True, slots=True)
class Given:
    """What lacks a vector: the passages' ordinals, and what is read of them."""

    ordinals: list[int]
    texts: list[Text]


@dataclass(frozen=True, slots=True)
class Made:
    """Vectors by ordinal, and the name of who made them."""

    vectors: list[tuple[int, Vectors]]
    embedder: str


class Embed(Stage[Given, Made]):
    pipeline, name, queue = "document", "embed", "embed"
    running, finished = "embedding", "embeddings_buffered"
    start, end = 55, 75

    def split(self, job: Job) -> Sequence[dict[str, Any]]:
        assert job.document is not None
        count = passages.buffered(job.document, job.id)
        firsts = range(0, max(count, 1), PER_PART)
        return [{"first": first, "last": min(first + PER_PART, count) - 1} for first in firsts]

    def load(self, task: Task) -> Given:
        found = passages.lacking(task.job_id, **task.input, embedder=embedding.current().name)
        return Given([ordinal for ordinal, _ in found], [text for _, text in found])

    def compute(self, given: Given, folder: Path) -> Made:
        embedder = embedding.current()
        made = vectors.make(embedder, given.texts)
        return Made(list(zip(given.ordinals, made, strict=True)), embedder.name)

    def save(self, task: Task, output: Made) -> None:
        passages.put_vectors(task.job_id, **task.input, made=output.vectors, embedder=output.embedder)


STAGE = Embed()
