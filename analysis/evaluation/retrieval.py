"""Retrieval on questions whose passages are known, through the product's own chunks, vectors, index and search.

It runs on a PostgreSQL of its own that is gone afterwards, so nothing of the user's is touched or found.
"""

import json
import math
import tempfile
import uuid
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis import chunking, passages
from analysis.engines import embedding
from analysis.evaluation.vectors import KeptVectors
from analysis.models import Chunk
from analysis.search import index, merging, retrieval, vectors
from analysis.search.vectors import Vectors
from documents import tenancy
from documents.errors import InvalidInput
from documents.models import Document, Workspace
from documents.pages import PageReading

_FILES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_AT = 10
_ROWS = 500


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Texts, questions, and by question the texts that answer it with their grades."""

    name: str
    texts: dict[str, str]
    questions: dict[str, str]
    languages: dict[str, str]
    grades: dict[str, dict[str, float]]


@dataclass(slots=True)
class RetrievalReport:
    """Mean nDCG@10 and recall@10 by set and language of the questions."""

    embedder: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"embedder": self.embedder, "sets": self.rows}

    def show(self, console: Console) -> None:
        table = Table(title=f"Retrieval with {self.embedder}", title_justify="left", title_style="bold")
        for name in ("set", "language", "questions", "nDCG@10", "recall@10"):
            table.add_column(name, justify="left" if name in ("set", "language") else "right")
        for row in self.rows:
            figures = (f"{row['ndcg']:.3f}", f"{row['recall']:.3f}")
            table.add_row(row["set"], row["language"], str(row["questions"]), *figures)
        console.print(table)


class Retrieval:
    name = "retrieval"
    help = "Asks questions whose passages are known (FOLDER/<set>/corpus.jsonl, queries.jsonl, qrels.tsv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--only", default="", metavar="SET", help="only this set")
        parser.add_argument("--vectors", type=Path, metavar="FOLDER", help="keep vectors here for the next run")

    def run(self, options: Namespace, console: Console) -> RetrievalReport:
        found = [load(folder) for folder in folders(options.folder, options.only)]
        embedder = embedding.current()
        kept = Kept(embedder, options.vectors)
        report = RetrievalReport(embedder.name)
        with scratch_database(), patch.object(embedding, "named", lambda name: kept if name == kept.name else None):
            for one in found:
                workspace_id = fill(one, kept, console)
                with tenancy.as_workspace(workspace_id):
                    report.rows += _asked(one, console)
        return report


def folders(folder: Path, only: str) -> list[Path]:
    """Those of sets. InvalidInput `nothing_to_evaluate` if there is none."""
    found = [
        one
        for one in sorted([folder, *folder.glob("*/")])
        if all((one / name).exists() for name in _FILES) and only in ("", one.name)
    ]
    if not found:
        raise InvalidInput("nothing_to_evaluate", f"{folder} has no folder with {', '.join(_FILES)}.")
    return found


def load(folder: Path) -> RetrievalSet:
    """A set as its three files tell it."""
    texts = {one["id"]: _markdown(one) for one in _lines(folder / "corpus.jsonl")}
    queries = list(_lines(folder / "queries.jsonl"))
    grades: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, text, grade = line.split("\t")
        grades.setdefault(question, {})[text] = float(grade)
    questions = {one["id"]: one["text"] for one in queries if one["id"] in grades}
    return RetrievalSet(folder.name, texts, questions, {one["id"]: one.get("lang", "en") for one in queries}, grades)


def _markdown(one: Mapping[str, str]) -> str:
    return f"# {one['title']}\n\n{one['text']}" if one.get("title") else one["text"]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


class Kept:
    """An embedder with the vectors of an earlier run."""

    def __init__(self, embedder: embedding.Embedder, folder: Path | None) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embedder = embedder
        own = folder / embedder.name if folder else None
        self._passages = KeptVectors(own, "passages", embedder.passages)
        self._queries = KeptVectors(own, "queries", embedder.queries)
        self._states: dict[str, NDArray[np.float32]] = {}  # of passages: many questions find the same ones
        self.console = Console(stderr=True)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._passages.of(texts, self.console)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._queries.of(texts, self.console)

    def query_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return self._tokens().query_states(texts)

    def passage_states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._states]
        self._states |= dict(zip(missing, self._tokens().passage_states(missing), strict=True))
        return [self._states[text] for text in texts]

    def passage_places(self, beginnings: Sequence[str]) -> list[int]:
        return self._tokens().passage_places(beginnings)

    def _tokens(self) -> embedding.TokenEmbedder:
        assert isinstance(self._embedder, embedding.TokenEmbedder)
        return self._embedder


@contextmanager
def scratch_database() -> Iterator[None]:
    """Django's connection leads to a new database within the block, with all tables in it."""
    from config.embedded import postgres
    from config.management.commands.setup_database import migrating_as, set_up

    with tempfile.TemporaryDirectory(prefix="vouch-evaluation-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        with postgres.server(Path(folder) / "postgres", durable=False) as server:
            set_up(server.url(), server.url("vouch_app"))
            with migrating_as(server.url("vouch_app")):
                yield


def fill(one: RetrievalSet, kept: Kept, console: Console) -> uuid.UUID:
    """A workspace with each text as a document, whose passages and vectors are made as the pipeline makes them."""
    cut = {
        name: chunking.chunk([PageReading(1, source="markup", markdown=text)])
        for name, text in track(one.texts.items(), f"Cutting {one.name}", console=console, transient=True)
    }
    kept.queries(list(one.questions.values()))
    return store(one.name, cut, kept)


def store(name: str, cut: Mapping[str, Sequence[chunking.Passage]], kept: Kept) -> uuid.UUID:
    """A workspace of this name with a document for each list of passages, by name, and their vectors and index."""
    workspace_id = uuid.uuid4()
    texts = [
        vectors.text_of(passages.embedded(passage.section, passage.text), passage.text, passage.type)
        for found in cut.values()
        for passage in found
    ]
    made = iter(vectors.make(kept, texts))
    with tenancy.as_workspace(workspace_id):
        Workspace.objects.create(id=workspace_id, name=name)
        Document.objects.bulk_create((_document(workspace_id, name) for name in cut), batch_size=_ROWS)
        chunks = [
            _chunk(workspace_id, name, ordinal, passage, next(made), kept.name)
            for name, found in cut.items()
            for ordinal, passage in enumerate(found)
        ]
        Chunk.objects.bulk_create(chunks, batch_size=_ROWS)
        for start in range(0, len(chunks), _ROWS):
            index.add(workspace_id, None, chunks[start : start + _ROWS])
    merging.merge(workspace_id)
    return workspace_id


def _document(workspace_id: uuid.UUID, name: str) -> Document:
    id = uuid.uuid5(workspace_id, name)
    return Document(
        id=id,
        workspace_id=workspace_id,
        sha256=id.hex,
        filename=name,
        media_type="text/plain",
        size=1,
        storage_key=name,
    )


def _chunk(
    workspace_id: uuid.UUID, name: str, ordinal: int, passage: chunking.Passage, made: Vectors, embedder: str
) -> Chunk:
    document_id = uuid.uuid5(workspace_id, name)
    version = chunking.version()
    return Chunk(
        id=Chunk.id_for(document_id, version, ordinal, passage.text),
        workspace_id=workspace_id,
        document_id=document_id,
        ordinal=ordinal,
        version=version,
        vector=made.whole.tolist(),
        sentences=made.sentences,
        embedder=embedder,
        **{column: getattr(passage, column) for column in passage.__slots__},
    )


def _asked(one: RetrievalSet, console: Console) -> list[dict[str, Any]]:
    """Rows of the report: one for each language, and one for all if there are several."""
    scores: dict[str, list[tuple[float, float]]] = {}
    for id, question in track(one.questions.items(), f"Asking {one.name}", console=console, transient=True):
        hits = retrieval.retrieve(question, limit=3 * _AT)
        ranked = list(dict.fromkeys(hit.filename for hit in hits))[:_AT]  # the name of a document is its text's id
        scores.setdefault(one.languages[id], []).append(scored(ranked, one.grades[id]))
    rows = [_row(one.name, language, found) for language, found in sorted(scores.items())]
    if len(scores) > 1:
        rows.append(_row(one.name, "all", [score for found in scores.values() for score in found]))
    return rows


def _row(name: str, language: str, found: Sequence[tuple[float, float]]) -> dict[str, Any]:
    ndcg, recall = np.mean(found, axis=0).tolist()
    return {"set": name, "language": language, "questions": len(found), "ndcg": ndcg, "recall": recall}


def scored(ranked: Sequence[str], grades: Mapping[str, float]) -> tuple[float, float]:
    """nDCG@10, and recall@10 of as many as could be among ten."""
    gain = sum(grades.get(name, 0.0) / math.log2(place + 2) for place, name in enumerate(ranked[:_AT]))
    best = sorted(grades.values(), reverse=True)[:_AT]
    ideal = sum(grade / math.log2(place + 2) for place, grade in enumerate(best))
    right = sum(grades.get(name, 0) > 0 for name in ranked[:_AT])
    return gain / ideal, right / min(_AT, sum(grade > 0 for grade in grades.values()))


EVALUATION = Retrieval()
