"""Whether the page that answers is cited: documents as they are, read, cut, searched and quoted by the product.

Questions stand in `<id>.json` under `qa`: `question`, and `answer` or `key_facts`; `pages` if they are known. Else the
pages are right that hold most of the answer's words, or of the facts.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis import chunking, reading
from analysis.answers import extractive
from analysis.evaluation import retrieval
from analysis.search.retrieval import retrieve
from documents import sniffing, tenancy
from documents.errors import InvalidInput
from documents.pages import PageReading

_SUFFIXES = (".pdf", ".docx")
_HITS = 8
_AMONG = 3
_CLOSE = 0.95  # of the best page's share of the answer's words, from which on a page counts as right, too

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the pages that answer it, and the places that were cited or come nearest, the best first."""

    document: str
    question: str
    pages: list[int]
    cited: list[Place]
    near: list[Place]

    def right(self, among: int) -> bool:
        return any(name == self.document and page in self.pages for name, page in (self.cited + self.near)[:among])


@dataclass(slots=True)
class PagesReport:
    """Questions and what was cited; `seconds` by step for all documents together."""

    documents: int
    pages: int
    passages: int
    seconds: dict[str, float]
    asked: list[Asked] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        table = Table(title="Pages cited", title_justify="left", title_style="bold")
        for column in ("document", "question", "right pages", "cited", "first", f"among {_AMONG}"):
            table.add_column(column)
        for one in self.asked:
            first = f"{one.cited[0][0]} {one.cited[0][1]}" if one.cited else "none"
            told = ("yes" if one.cited and one.right(1) else "no", "yes" if one.right(_AMONG) else "no")
            table.add_row(one.document, one.question[:60], ", ".join(map(str, one.pages)), first, *told)
        console.print(table)
        right = sum(bool(one.cited) and one.right(1) for one in self.asked)
        console.print(f"First citation on the right page: {right} of {len(self.asked)};", end=" ")
        console.print(f"among {_AMONG}: {sum(one.right(_AMONG) for one in self.asked)}")
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())
        console.print(f"{self.documents} documents, {self.pages} pages, {self.passages} passages: {spent}")


def asked_pages(folder: Path, kept: retrieval.Kept, console: Console) -> PagesReport:
    """All questions of the folder's documents, which are searched together. InvalidInput if there are none."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES]
    questions = {path.name: _questions(path) for path in paths}
    if not any(questions.values()):
        raise InvalidInput("nothing_to_evaluate", f"{folder} has no document with questions under `qa`.")
    begin = time.perf_counter()
    read = {path.name: _pages(path) for path in track(paths, "Reading", console=console, transient=True)}
    middle = time.perf_counter()
    cut = {name: chunking.chunk(pages) for name, pages in read.items()}
    workspace_id = retrieval.store(folder.name, cut, kept)
    seconds = {"read": middle - begin, "cut and embedded": time.perf_counter() - middle}
    report = PagesReport(len(paths), sum(map(len, read.values())), sum(map(len, cut.values())), seconds)
    with tenancy.as_workspace(workspace_id):
        for name, found in questions.items():
            report.asked += [_ask(name, one, _right_pages(one, read[name])) for one in found]
    return report


def _questions(path: Path) -> list[dict[str, Any]]:
    truth = path.with_suffix(".json")
    found: list[dict[str, Any]] = json.loads(truth.read_text("utf-8")).get("qa", []) if truth.exists() else []
    return found


def _pages(path: Path) -> list[PageReading]:
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    count = reading.inspect(path, media_type).page_count
    return list(reading.read_pages(path, media_type, range(1, count + 1)))


def _ask(name: str, one: Mapping[str, Any], pages: list[int]) -> Asked:
    answer = extractive.answer(one["question"], retrieve(one["question"], limit=_HITS))
    cited, near = ([(at.filename, at.page) for at in found] for found in (answer.citations, answer.nearest))
    return Asked(name, one["question"], pages, cited, near)


def _right_pages(one: Mapping[str, Any], pages: Sequence[PageReading]) -> list[int]:
    if known := one.get("pages"):
        return list(known)
    wanted = set(_words(" ".join(one.get("key_facts", [one.get("answer", "")]))))
    shares = {page.number: len(wanted & set(_words(page.markdown))) / max(len(wanted), 1) for page in pages}
    return [number for number, share in shares.items() if share >= _CLOSE * max(shares.values())]


def _words(text: str) -> list[str]:
    """Those that say something, by and large: of four letters or more."""
    return re.findall(r"\w{4,}", text.casefold())
