"""A remote parsing service (submit a file, poll its job, fetch the pages), for pages that can't be read here."""

import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpcore
import structlog
from django.conf import settings

from analysis.engines import http
from analysis.engines.http import Deadline, Reply
from documents.errors import Unavailable
from documents.pages import PageReading, Word

log = structlog.get_logger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0  # seconds between polls; they grow by half
_MOST = 64 << 20  # bytes of a result
_BUSY = (408, 429, 500, 502, 503, 504)
_CONFIDENCE = 0.9  # of its words: it gives none


def mended(pages: Sequence[PageReading], path: Path, media_type: str) -> list[PageReading]:
    """`pages`, those with an error as the service reads them, where it can and REMOTE_PARSER_URL names one."""
    broken = [page.number for page in pages if page.error]
    if not settings.REMOTE_PARSER_URL or not broken:
        return list(pages)
    try:
        found = {page.number: page for page in parse(path, media_type, broken)}
    except Unavailable as error:
        log.warning("remote_parser_failed", error_code=error.code, detail=error.detail)
        return list(pages)
    return [found.get(page.number, page) if page.error else page for page in pages]


def parse(path: Path, media_type: str, numbers: Sequence[int]) -> list[PageReading]:
    """The pages of those numbers (from 1), as far as the service gives them, with text or Markdown.

    All takes REMOTE_PARSER_TIMEOUT_SECONDS at most. Raises Unavailable: `remote_parser_timeout`,
    `remote_parser_unreachable`, `remote_parser_status`, `remote_parser_answer`.
    """
    deadline = Deadline(settings.REMOTE_PARSER_TIMEOUT_SECONDS)
    try:
        job = _submitted(path, media_type, numbers, deadline)
        _await(job, deadline)
        pages = _asked("GET", f"/job/{job}/result/json", deadline).get("pages")
        if not isinstance(pages, list):
            raise _unusable()
        return [page for page in map(_page, pages) if page and page.number in numbers]
    except httpcore.TimeoutException:
        detail = "The remote parser did not end in time (REMOTE_PARSER_TIMEOUT_SECONDS)."
        raise Unavailable("remote_parser_timeout", detail) from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        detail = (
            f"The remote parser can't be reached at REMOTE_PARSER_URL ({type(error).__name__}). Check that it runs."
        )
        raise Unavailable("remote_parser_unreachable", detail) from None


def _submitted(path: Path, media_type: str, numbers: Sequence[int], deadline: Deadline) -> str:
    """Uploads the file; the job's id. The service counts pages from 0."""
    boundary = uuid.uuid4().hex
    targets = ",".join(str(number - 1) for number in numbers)
    body = b"".join(
        [
            f'--{boundary}\r\nContent-Disposition: form-data; name="target_pages"\r\n\r\n{targets}\r\n'.encode(),
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="document"\r\n'.encode(),
            f"Content-Type: {media_type}\r\n\r\n".encode(),
            path.read_bytes(),
            f"\r\n--{boundary}--\r\n".encode(),
        ]
    )
    job = _asked("POST", "/upload", deadline, body, f"multipart/form-data; boundary={boundary}").get("id")
    if not isinstance(job, str) or not re.fullmatch(r"[\w-]{1,100}", job):
        raise _unusable()
    return job


def _await(job: str, deadline: Deadline) -> None:
    """Polls until the job has succeeded. What is busy for a moment is asked again."""
    wait = _FIRST_WAIT
    while True:
        status = _asked("GET", f"/job/{job}", deadline, tolerant=True).get("status")
        if status in ("SUCCESS", "PARTIAL_SUCCESS"):
            return
        if status in ("ERROR", "CANCELLED"):
            raise Unavailable("remote_parser_status", "The remote parser could not read the document.")
        time.sleep(min(wait, deadline.left()))
        wait = min(1.5 * wait, _LONGEST_WAIT)


def _asked(
    method: str, path: str, deadline: Deadline, body: bytes = b"", content_type: str = "", *, tolerant: bool = False
) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where the service is busy and the caller is `tolerant` of that."""
    headers = {"Accept": "application/json", **({"Content-Type": content_type} if content_type else {})}
    if settings.REMOTE_PARSER_KEY:
        headers["Authorization"] = f"Bearer {settings.REMOTE_PARSER_KEY}"
    url = settings.REMOTE_PARSER_URL + path
    reply = http.ask(method, url, deadline=deadline, headers=headers, body=body, most=_MOST)
    if tolerant and reply.status in _BUSY:
        return {}
    if not 200 <= reply.status < 300:
        raise Unavailable("remote_parser_status", f"The remote parser answered {reply.status}. See its log.")
    return _object(reply)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise _unusable() from None
    if not isinstance(found, dict):
        raise _unusable()
    return found


def _unusable() -> Unavailable:
    return Unavailable("remote_parser_answer", "The remote parser's answer can't be used: it is not of its protocol.")


def _page(given: object) -> PageReading | None:
    """A page with words and boxes where it gives the boxes of its parts, else as text without geometry."""
    if not isinstance(given, dict) or type(given.get("page")) is not int:
        return None
    number, width, height = given["page"], _size(given.get("width")), _size(given.get("height"))
    markdown = _text(given, "md", "text")
    items = given.get("items")
    parts = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    words = tuple(word for part in parts for word in _words(part))
    if words and width and height:
        return PageReading(number, width, height, 0, "ocr", words, markdown)
    plain = tuple(Word(text, 0, 0, 0, 0) for text in _text(given, "text", "md").split())
    return PageReading(number, source="markup", words=plain, markdown=markdown) if plain else None


def _words(item: dict[str, Any]) -> Iterator[Word]:
    """The words of a part; its box is shared out among its lines, and a line's among its characters."""
    box = item.get("bBox")
    sides = [_size(box.get(side)) for side in "xywh"] if isinstance(box, dict) else []
    lines = [line for line in _text(item, "value", "md").splitlines() if line.strip()]
    if not lines or len(sides) != 4 or not sides[2] or not sides[3]:
        return
    x, y, width, height = sides
    step, tall = width / max(map(len, lines)), height / len(lines)
    for row, line in enumerate(lines):
        for match in re.finditer(r"[^\s|]+", line):
            x0, x1 = x + step * match.start(), x + step * match.end()
            yield Word(match.group(), x0, y + row * tall, x1, y + (row + 1) * tall, _CONFIDENCE)


def _text(given: dict[str, Any], *names: str) -> str:
    """The first of the texts that there is, without what the database refuses."""
    found = next((text for name in names if isinstance(text := given.get(name), str) and text.strip()), "")
    return found.replace("\x00", "")


def _size(given: object) -> float:
    return float(given) if type(given) in (int, float) and 0 <= given < 1e6 else 0.0  # type: ignore[operator,arg-type]
