"""Makes the vectors of passages, some hundred in each part, and of pictures, some dozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import passages, picture_sets
from analysis.engines import embedding
from analysis.engines.embedding import pictures
from analysis.search import vectors
from analysis.search.vectors import Text, Vectors
from jobs.models import Job, Task
from jobs.stages import Stage

PER_PART = 256  # passages
PICTURES_PER_PART = 48


@dataclass(frozen=True, slots=True)
class Given:
    """What lacks a vector: the passages' ordinals, and what is read of them."""

    ordinals: list[int]
    texts: list[Text]


@dataclass(frozen=True, slots=True)
class GivenPictures:
    """Pictures that lack a vector, and the name of who is to make it."""

    ordinals: list[int]
    jpegs: list[bytes]
    embedder: str


@dataclass(frozen=True, slots=True)
class Made:
    """Vectors by ordinal, and the name of who made them."""

    vectors: list[tuple[int, Vectors]]
    embedder: str


@dataclass(frozen=True, slots=True)
class MadePictures:
    """A row for each ordinal, or the code of why there are none."""

    ordinals: list[int]
    vectors: picture_sets.Vectors | str
    embedder: str


class Embed(Stage[Given | GivenPictures, Made | MadePictures]):
    pipeline, name, queue = "document", "embed", "embed"
    running, finished = "embedding", "embeddings_buffered"
    start, end = 55, 75

    def split(self, job: Job) -> Sequence[dict[str, Any]]:
        assert job.document is not None
        count = passages.buffered(job.document, job.id)
        parts: list[dict[str, Any]] = [_part(first, count, PER_PART) for first in range(0, max(count, 1), PER_PART)]
        shown = picture_sets.buffered(job.id) if pictures.current() else 0
        firsts = range(0, shown, PICTURES_PER_PART)
        return parts + [{"pictures": _part(first, shown, PICTURES_PER_PART)} for first in firsts]

    def load(self, task: Task) -> Given | GivenPictures:
        if part := task.input.get("pictures"):
            embedder = pictures.current()
            name = embedder.name if embedder else ""
            shown = picture_sets.lacking(task.job_id, **part, embedder=name)
            return GivenPictures([ordinal for ordinal, _ in shown], [jpeg for _, jpeg in shown], name)
        found = passages.lacking(task.job_id, **task.input, embedder=embedding.current().name)
        return Given([ordinal for ordinal, _ in found], [text for _, text in found])

    def compute(self, given: Given | GivenPictures, folder: Path) -> Made | MadePictures:
        if isinstance(given, GivenPictures):
            seen = picture_sets.embed(given.jpegs) if given.jpegs else ""
            return MadePictures(given.ordinals, seen, given.embedder)
        embedder = embedding.current()
        made = vectors.make(embedder, given.texts)
        return Made(list(zip(given.ordinals, made, strict=True)), embedder.name)

    def save(self, task: Task, output: Made | MadePictures) -> None:
        if isinstance(output, Made):
            passages.put_vectors(task.job_id, **task.input, made=output.vectors, embedder=output.embedder)
        elif output.ordinals:
            picture_sets.put_vectors(task.job, output.ordinals, output.vectors, output.embedder)


def _part(first: int, count: int, most: int) -> dict[str, int]:
    return {"first": first, "last": min(first + most, count) - 1}


STAGE = Embed()
