"""What an answer is: its text, how it came about, and where each part of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from analysis.answers import tables
from analysis.models import QueryLog
from analysis.search import snippets
from analysis.search.hits import Hit

Mode = QueryLog.Mode


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a document, to the letter, but for tables: "part: hose · price: 40.00", or the cells alone below a head.

    `start` and `end` say which characters of the answer they stand for.

    `boxes`: [{page, box: [x0, y0, x1, y1]}, …] in the page's unit.
    """

    document_id: UUID
    filename: str
    page: int
    boxes: list[dict[str, Any]]
    quote: str
    start: int = 0
    end: int = 0

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"document_id": str(self.document_id)}


@dataclass(slots=True)
class Answer:
    """`nearest` are passages that come near a question that the documents don't answer, or other places beside a quote.

    `notice` says what failed.
    """

    mode: Mode
    text: str
    citations: list[Citation] = field(default_factory=list)
    nearest: list[Citation] = field(default_factory=list)
    computed: Mapping[str, Any] | None = None
    notice: str = ""
    model: str = ""
    reranked: list[tuple[UUID, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the API gives it, without what names the question."""
        return {
            "answer": self.text,
            "mode": str(self.mode),
            "citations": [citation.as_json() for citation in self.citations],
            "nearest": [citation.as_json() for citation in self.nearest],
            "computed": self.computed,
            "notice": self.notice,
        }


def cite(hit: Hit, first: int, last: int, start: int = 0, end: int = 0) -> Citation:
    """The characters `first` to `last` of a passage, for `start` to `end` of an answer."""
    boxes = snippets.boxes(hit.spans, first, last)
    page = boxes[0]["page"] if boxes else hit.page
    return Citation(hit.document_id, hit.filename, page, boxes, quoted(hit, first, last), start, end)


def quoted(hit: Hit, first: int, last: int) -> str:
    """The characters `first` to `last` of a passage as people read them: rows of tables without their marks."""
    return tables.readable(hit.text, first, last)
