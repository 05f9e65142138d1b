"""What was read, as Markdown for people, search and models: normalised, so that equal readings give equal bytes."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from analysis.reading import layout
from documents.pages import PageReading

PARAGRAPH_GAP = 0.9  # times the height of a line: more ends a paragraph


def page_markdown(lines: list[layout.Line]) -> str:
    """Paragraphs of lines, in reading order; wide gaps within a line are kept as three spaces."""
    text = ""
    for index, line in enumerate(lines):
        if index:
            text += "\n\n" if _ends_paragraph(lines[index - 1], line) else "\n"
        text += "   ".join(" ".join(word.text for word in run) for run in layout.runs(line))
    return normalised(text)


def document_markdown(pages: Iterable[PageReading]) -> tuple[str, str]:
    """The Markdown of all pages, and the SHA-256 of its UTF-8 bytes in hexadecimal.

    Pages from the second on begin with a comment that names them. Unreadable pages say so.
    """
    parts = [_part(page) for page in pages]
    text = normalised("\n\n".join(part for part in parts if part))
    return text, hashlib.sha256(text.encode()).hexdigest()


def normalised(text: str) -> str:
    """NFC, line feeds, no control characters or trailing blanks, single empty lines, one line feed at the end."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n"))
    text = re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]", "", text)
    text = re.sub(r"[ \t]+\n", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n").rstrip()
    return text + "\n" if text else ""


def _part(page: PageReading) -> str:
    body = f"*Page {page.number} could not be read: {page.detail}*" if page.error else page.markdown
    return f"<!-- page {page.number} -->\n\n{body}" if page.number > 1 else body


def _ends_paragraph(line: layout.Line, following: layout.Line) -> bool:
    gap = min(word.y0 for word in following) - max(word.y1 for word in line)
    size = min(layout.height(line), layout.height(following))
    return gap > PARAGRAPH_GAP * size or gap < -size  # the latter is the next column
