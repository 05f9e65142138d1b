"""The pictures of a document: photographs and figures on its pages, and pages that are one, as small JPEGs.

What is native is done in the sandbox, picture by picture: one that can't be drawn costs nothing but itself.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from analysis import picture_drawing
from analysis.picture_captions import caption_of
from analysis.picture_drawing import Placed
from documents import sandbox, sniffing
from documents.errors import BudgetExceeded, InvalidInput, TooLarge
from documents.pages import Box, PageReading

log = structlog.get_logger(__name__)

VERSION = "pictures-1"

_SMALLEST_SIDE = 1 / 20  # of the page's longer side
_SMALLEST_AREA = 1 / 70  # of the page's: 3 cm x 3 cm of A4
_LONGEST = 6.0  # times as long as wide: what is longer is a rule or a border
_TOUCHING = 1.0  # units of the page, by which neighbours may overlap or be apart
_MOST_WORDS = 0.125  # of its area that words cover; more make it the paper of a text
_MOST_FAILURES = 3  # then the others are left alone, too …
_MOST_SECONDS = 300  # … and after so long
_FAILURES = (InvalidInput, TooLarge, BudgetExceeded)


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture on a page, with what is written about it, and its JPEG."""

    page: int
    box: Box
    caption: str
    jpeg: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


def drawable(media_type: str, pages: Sequence[PageReading]) -> list[PageReading]:
    """Those of the pages that can be looked at; formats without pages have none."""
    if media_type != sniffing.PDF and media_type not in sniffing.IMAGES:
        return []
    return [page for page in pages if page.width and page.height and not page.error]


def find(path: Path, media_type: str, pages: Sequence[PageReading]) -> list[FoundPicture]:
    """The pictures of these pages, the first PICTURES_PER_DOCUMENT of them.

    Raises sandbox.Interrupted, and Unavailable where no child process can be started.
    """
    return list(_Finder(str(path), media_type).pictures(drawable(media_type, pages)))


class _Finder:
    """Goes through the pages of a file; what was seen on an earlier page isn't a picture again."""

    def __init__(self, path: str, media_type: str) -> None:
        self._path, self._media_type = path, media_type
        self._seen: set[str] = set()
        self._failures = 0
        self._ends = time.monotonic() + _MOST_SECONDS

    def pictures(self, pages: Sequence[PageReading]) -> Iterator[FoundPicture]:
        count = 0
        for page, box in self._places(pages):
            if count == settings.PICTURES_PER_DOCUMENT or self._has_had_enough():
                return
            if picture := self._drawn(page, box):
                count += 1
                yield picture

    def _places(self, pages: Sequence[PageReading]) -> Iterator[tuple[PageReading, Box]]:
        for page in pages:
            if self._has_had_enough():
                return
            yield from ((page, box) for box in self._boxes(page))

    def _boxes(self, page: PageReading) -> list[Box]:
        whole = Box(0, 0, page.width, page.height)
        if self._media_type != sniffing.PDF:
            return [whole] if is_seen(page, whole) else []
        images = self._shown(page)
        if not images and page.source != "text":  # nothing but lines and shapes
            return [whole] if is_seen(page, whole) else []
        found = []
        for box, digest in united(page, [image for image in images if is_seen(page, image.box)]):
            if is_large(page, box) and digest not in self._seen:
                self._seen.add(digest)
                found.append(box)
        return sorted(found, key=lambda box: (box.y0, box.x0))

    def _shown(self, page: PageReading) -> list[Placed]:
        arguments = self._path, page.number, page.rotation, settings.MAX_PIXELS, page.source == "text"
        try:
            return sandbox.call("parse", picture_drawing.shown_on, *arguments, timeout_s=settings.SANDBOX_PAGE_SECONDS)
        except _FAILURES as error:
            self._failed(page, error)
            return []

    def _drawn(self, page: PageReading, box: Box) -> FoundPicture | None:
        arguments = self._path, self._media_type, page.number, page.rotation, box, settings.MAX_PIXELS
        try:
            jpeg = sandbox.call("parse", picture_drawing.drawn, *arguments, timeout_s=settings.SANDBOX_PAGE_SECONDS)
        except _FAILURES as error:
            self._failed(page, error)
            return None
        if jpeg is None:
            return None
        return FoundPicture(page.number, box, caption_of(page.words, box), jpeg)

    def _has_had_enough(self) -> bool:
        return self._failures >= _MOST_FAILURES or time.monotonic() > self._ends

    def _failed(self, page: PageReading, error: InvalidInput | TooLarge | BudgetExceeded) -> None:
        self._failures += 1
        log.warning("picture_not_drawn", page=page.number, code=error.code)


def united(page: PageReading, images: Sequence[Placed]) -> list[Placed]:
    """Images of one picture as one: many programs cut a photograph into strips, or lay its parts over each other."""
    found: list[Placed] = []
    for image in images:
        while parts := [one for one in found if _are_one(page, one.box, image.box)]:
            found = [one for one in found if one not in parts]
            digests = sorted([image.digest, *(one.digest for one in parts)])
            box = Box.around([image.box, *(one.box for one in parts)])
            image = Placed(box, hashlib.sha256(" ".join(digests).encode()).hexdigest())
        found.append(image)
    return found


def _are_one(page: PageReading, one: Box, other: Box) -> bool:
    """Whether they overlap, or touch and aren't both large enough to be a picture."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    if min(across, down) > _TOUCHING:
        return True
    return min(across, down) >= -_TOUCHING and not (is_large(page, one) and is_large(page, other))


def is_seen(page: PageReading, box: Box) -> bool:
    """Whether it is no mere paper of a text: its words cover little of it."""
    covered = sum(
        max(min(word.x1, box.x1) - max(word.x0, box.x0), 0) * max(min(word.y1, box.y1) - max(word.y0, box.y0), 0)
        for word in page.words
    )
    return covered <= _MOST_WORDS * (box.x1 - box.x0) * (box.y1 - box.y0)


def is_large(page: PageReading, box: Box) -> bool:
    """Whether it is no icon, rule or border."""
    width, height = box.x1 - box.x0, box.y1 - box.y0
    return (
        min(width, height) >= _SMALLEST_SIDE * max(page.width, page.height)
        and width * height >= _SMALLEST_AREA * page.width * page.height
        and max(width, height) <= _LONGEST * min(width, height)
    )
