"""Passages of Anna's, with vectors by words alone: which passage is near is then plain to see."""

import uuid
import zlib

import numpy as np
import pytest

from analysis.models import Chunk
from analysis.search import index, words
from documents import tenancy
from documents.models import Document

DIMENSIONS = 384


class Bag:
    """An embedder for which texts are near that share words."""

    name, dimensions = "bag-1", DIMENSIONS

    def passages(self, texts):
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for token in words.tokens(text):
                row[zlib.crc32(token.word.encode()) % DIMENSIONS] += 1
            row[0] += 0.01
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    queries = passages


@pytest.fixture(autouse=True)
def embedder(monkeypatch):
    """In place of the model, whose own tests are elsewhere."""
    from analysis.engines import embedding

    bag = Bag()
    monkeypatch.setattr(embedding, "current", lambda: bag)
    monkeypatch.setattr(embedding, "named", lambda name: bag if name == bag.name else None)
    return bag


def keep(person, texts, filename="a.pdf", embedder=None, document=None, **columns):
    """A document with these passages, indexed as the pipeline does; again: in place of the former ones."""
    bag = embedder or Bag()
    document_id = document.id if document else uuid.uuid5(person.workspace.id, filename)
    with tenancy.as_user(person.user):
        document, _ = Document.objects.get_or_create(
            id=document_id,
            defaults={
                "workspace_id": person.workspace.id,
                "sha256": "ab" * 32,
                "filename": filename,
                "media_type": "text/plain",
                "size": 1,
                "storage_key": str(document_id),
            },
        )
        document.chunks.all().delete()
        chunks = Chunk.objects.bulk_create(
            Chunk(
                id=uuid.uuid4(),
                workspace_id=person.workspace.id,
                document=document,
                ordinal=ordinal,
                text=text,
                page=ordinal + 1,
                last_page=ordinal + 1,
                tokens=len(text.split()),
                spans=[[0, len(text), ordinal + 1, 10, 20, 300, 30]],
                version="test",
                embedder=bag.name,
                vector=vector.tolist(),
                **columns,
            )
            for ordinal, (text, vector) in enumerate(zip(texts, bag.passages(texts), strict=True))
        )
        index.replace(document.id, person.workspace.id, chunks)
    return document
