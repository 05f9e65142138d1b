"""Readings of documents for evaluations, kept in a folder if one is given, so that OCR runs once."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis import reading
from analysis.evaluation.truth import Case
from documents import sniffing
from documents.pages import PageReading, Word


def read(case: Case, kept: Path | None = None) -> list[PageReading]:
    """The document's pages by the product's own reading, or as they were kept. Raises DomainError."""
    path = kept / f"{case.id}.json" if kept else None
    if path and path.exists():
        return [_page(**one) for one in json.loads(path.read_text("utf-8"))]
    with case.path.open("rb") as file:
        media_type = sniffing.sniff(file, case.path.name)
    count = reading.inspect(case.path, media_type).page_count
    pages = list(reading.read_pages(case.path, media_type, range(1, count + 1)))
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(page) for page in pages]), "utf-8")
    return pages


def _page(words: Sequence[Sequence[Any]], **rest: Any) -> PageReading:
    return PageReading(words=tuple(Word(*word) for word in words), **rest)
