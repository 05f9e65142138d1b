"""Comparing a question with each picture of a workspace, as searches do, without the server that makes its vector.

    python -m benchmarks.bench_pictures [--pictures N] [--dimensions N] [--questions N]

Starts its own PostgreSQL, with all in its memory; vectors are random.
"""

import argparse
import statistics
import time
import uuid
from typing import Any

import numpy as np

from benchmarks.database import database

BATCH = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--questions", type=int, default=50)
    arguments = parser.parse_args()
    with database(shared_buffers="1GB"):
        measured(arguments.pictures, arguments.dimensions, arguments.questions)


def measured(pictures: int, dimensions: int, questions: int) -> None:
    """Prints the milliseconds of the statement, the first few left out."""
    from analysis.search.pictures import nearest
    from documents import tenancy
    from documents.models import Workspace

    random, workspace_id = np.random.default_rng(7), uuid.uuid4()
    with tenancy.as_workspace(workspace_id):
        Workspace.objects.create(id=workspace_id, name="benchmark")
        for start in range(0, pictures, BATCH):
            fill(workspace_id, start, near(random, min(BATCH, pictures - start), dimensions))
    took = []
    with tenancy.as_workspace(workspace_id):
        for vector in near(random, questions + 5, dimensions):
            begin = time.perf_counter()
            assert len(nearest(vector, "benchmark", None)) == min(50, pictures)
            took.append(1000 * (time.perf_counter() - begin))
    p50, p95 = statistics.median(took[5:]), statistics.quantiles(took[5:], n=20)[-1]
    print(f"{pictures:,} pictures, {dimensions} dimensions: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def fill(workspace_id: uuid.UUID, start: int, vectors: np.ndarray) -> None:
    from analysis.models import Picture
    from documents.models import Document

    id = uuid.uuid4()
    known: dict[str, Any] = {"sha256": id.hex, "filename": f"{start}.pdf", "media_type": "application/pdf", "size": 1}
    document = Document.objects.create(id=id, workspace_id=workspace_id, storage_key=str(id), **known)
    shared: dict[str, Any] = {"workspace_id": workspace_id, "document": document, "page": 1, "box": [0, 0, 9, 9]}
    Picture.objects.bulk_create(
        Picture(id=uuid.uuid4(), ordinal=ordinal, sha256="", embedder="benchmark", vector=vector.tolist(), **shared)
        for ordinal, vector in enumerate(vectors)
    )


def near(random: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    found = random.normal(size=(count, dimensions)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
