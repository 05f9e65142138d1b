"""What reading a whole document takes: pages accounted for, words, seconds, and the peak memory of the parser."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from rich.table import Table

from analysis import reading
from documents import sandbox, sniffing
from documents.pages import PageReading

T = TypeVar("T")


@dataclass(slots=True)
class Volume:
    """Of one document: `pages` came in, each was `read` or `failed`; `peak_mb` is the parser's most resident memory."""

    pages: int = 0
    read: int = 0
    failed: int = 0
    words: int = 0
    seconds: float = 0.0
    peak_mb: int = 0

    def add(self, page: PageReading) -> None:
        self.read += not page.error
        self.failed += bool(page.error)
        self.words += len(page.words) or len(page.markdown.split())
        self.peak_mb = max(self.peak_mb, _parser(_peak_mb))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"seconds": round(self.seconds, 2)}


def read_through(path: Path) -> tuple[str, Volume]:
    """The document's Markdown, read page by page as a job would, and what that took. Raises DomainError."""
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    _parser(_forget_peak)
    begin = time.perf_counter()
    volume = Volume(reading.inspect(path, media_type).page_count)
    pages = []
    for page in reading.read_pages(path, media_type, range(1, volume.pages + 1)):
        volume.add(page)
        pages.append(page)
    markdown = reading.document_markdown(pages)[0]
    volume.seconds = time.perf_counter() - begin
    return markdown, volume


def table_of(volumes: dict[str, Volume]) -> Table:
    """A row per document, and their sum, for people."""
    table = Table(title="Pages", title_justify="left", title_style="bold")
    table.add_column("")
    for column in ("pages", "read", "failed", "words", "seconds", "peak MB"):
        table.add_column(column, justify="right")
    for name, volume in [*volumes.items(), ("all", _sum(list(volumes.values())))]:
        counts = (volume.pages, volume.read, volume.failed, volume.words)
        table.add_row(name, *(f"{count:,}" for count in counts), f"{volume.seconds:.1f}", f"{volume.peak_mb:,}")
    return table


def _sum(volumes: Sequence[Volume]) -> Volume:
    return Volume(
        pages=sum(volume.pages for volume in volumes),
        read=sum(volume.read for volume in volumes),
        failed=sum(volume.failed for volume in volumes),
        words=sum(volume.words for volume in volumes),
        seconds=sum(volume.seconds for volume in volumes),
        peak_mb=max((volume.peak_mb for volume in volumes), default=0),
    )


def _parser(function: Callable[[], T]) -> T:
    return sandbox.call("parse", function, timeout_s=settings.SANDBOX_PAGE_SECONDS)


# What follows runs in the parser's child process.


def _peak_mb() -> int:
    """0 where the system doesn't tell."""
    with suppress(OSError), Path("/proc/self/status").open() as status:
        return next((int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:")), 0)
    return 0


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
