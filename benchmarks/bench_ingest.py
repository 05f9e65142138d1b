"""What it costs to make a document's passages searchable, beyond the embedder's own work.

    python -m benchmarks.bench_ingest [--rounds N] [--pages N]

Pages are cut, their passages buffered, embedded in parts, swapped in and put into the index of words, on a PostgreSQL
of its own; against the bare onnxruntime session on the same texts, one at a time, in alternating rounds on one core.
At least 0.9 of its speed. Each passage has a vector and so has each of its sentences: both sides make them all.
"""

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime

from benchmarks.bench_embedding import text
from benchmarks.database import database

LEAST = 0.9  # of the bare session's speed
PARAGRAPHS, TOKENS, PER_PART = 4, 150, 256


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=12)
    arguments = parser.parse_args()
    with database():
        return measured(arguments.rounds, arguments.pages)


def measured(rounds: int, pages: int) -> int:
    """Prints the ratio; 1 if it misses the aim."""
    session = _session()
    embedded(session, [text(0, TOKENS)])  # warms up
    ratios, speeds = [], []
    for number in range(rounds):
        paragraphs = [[_paragraph((number, page, place)) for place in range(PARAGRAPHS)] for page in range(pages)]
        texts: list[str] = []
        ours = timed(lambda known=paragraphs, made=texts: made.extend(ingested(known)))
        bare = timed(lambda made=texts: embedded(session, made))
        ratios.append(bare / ours)
        speeds.append(len(texts) / ours)
    ratio = statistics.median(ratios)
    print(
        f"ingest: {statistics.median(speeds):.1f} vectors/s, ratio to the bare session {ratio:.2f} (at least {LEAST})"
    )
    return int(ratio < LEAST)


def ingested(paragraphs: Sequence[Sequence[str]]) -> list[str]:
    """A document of these pages made searchable as the stages of a job do it; the texts that got vectors."""
    from analysis import chunking, passages
    from analysis.engines import embedding
    from analysis.search import vectors
    from documents import tenancy
    from documents.models import Document, Workspace
    from documents.pages import PageReading

    workspace_id, run, embedder = uuid.uuid4(), uuid.uuid4(), embedding.current()
    pages = [
        PageReading(number, source="markup", markdown="\n\n".join(texts)) for number, texts in enumerate(paragraphs, 1)
    ]
    every: list[str] = []
    with tenancy.as_workspace(workspace_id):
        Workspace.objects.create(id=workspace_id, name="benchmark")
        known = {"sha256": run.hex, "filename": "benchmark.md", "media_type": "text/markdown", "size": 1}
        document = Document.objects.create(id=uuid.uuid4(), workspace_id=workspace_id, storage_key=run.hex, **known)
        passages.put(document, run, chunking.chunk(pages))
        count = passages.buffered(document, run)
    for first in range(0, count, PER_PART):
        last = min(first + PER_PART, count) - 1
        with tenancy.as_workspace(workspace_id):
            found = passages.lacking(run, first, last, embedder.name)
        made = vectors.make(embedder, [one for _, one in found])
        every += dict.fromkeys(said for _, one in found for said in (one.whole, *(one.sentences or ())))
        with tenancy.as_workspace(workspace_id):
            ordinals = [ordinal for ordinal, _ in found]
            passages.put_vectors(run, first, last, list(zip(ordinals, made, strict=True)), embedder.name)
    with tenancy.as_workspace(workspace_id):
        passages.swap(document, run)
    return every


def embedded(session: onnxruntime.InferenceSession, texts: Sequence[str]) -> None:
    """What there is to do without us: tokens, and a run of the session for each text."""
    from analysis.engines.embedding import encoder, tokens

    for ids in tokens.tokenizer().encode(["passage: " + one.strip() for one in texts]):
        session.run([encoder.OUTPUT], {encoder.INPUT: np.array([[0, *ids[:510], 2]])})


def _session() -> onnxruntime.InferenceSession:
    from analysis.engines.embedding import e5_files

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(e5_files.folder() / e5_files.ENCODER, options, ["CPUExecutionProvider"])


def _paragraph(place: tuple[int, int, int]) -> str:
    """Sentences of twelve words that begin with a capital and end with a full stop."""
    words = text(hash(place), TOKENS).split()
    parts = [words[start : start + 12] for start in range(0, len(words), 12)]
    return " ".join(" ".join(part).capitalize() + "." for part in parts)


def timed(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
