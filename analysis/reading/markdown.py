"""What was read, as Markdown for people, search and models: normalised, so that equal readings give equal bytes."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.reading import columns, layout
from analysis.reading.aligned import aligned_tables
from analysis.reading.headings import HEADING_LINES, heading_levels
from analysis.reading.ruled import ruled_tables
from analysis.reading.styles import Style, Type, Typography
from analysis.reading.tables import Table, joined
from documents.pages import Box, PageReading, Word

PARAGRAPH_GAP = 0.9  # times the height of a line: more ends a paragraph
PROSE_CHARACTERS = 25  # at least, in a line that goes on in the next one
_BULLET = re.compile(r"^[•◦▪▫■□●○‣⁃∙·\uf0b7\uf0a7–—*-]\s+(?=\S)")
_HEADING_MARKS = "■□●○"  # which stand before headings, too, in East Asia
_NUMBER = re.compile(r"^(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]\s+(?=\S)")


def page_markdown(
    words: Sequence[Word],
    styles: Mapping[Word, Style] | None = None,
    rules: Iterable[Box] = (),
    document: Typography | None = None,
) -> str:
    """Headings, paragraphs, lists and tables in reading order.

    `words` come roughly in order (a text layer's content order, an OCR engine's lines). `styles` say how they are set;
    without any, as in scans, headings are known by their height. `rules` are the lines drawn on the page. `document` is
    what is known of all its pages. Lines of prose are joined to paragraphs; other lines stay as they are, with three
    spaces for a wide gap. Text along a margin comes last.
    """
    page = Type.of(words, styles or {}, document)
    flows, turned = flows_of(words, page, rules)
    parts = ("\n\n".join(_blocks(flow, page)) for flow in flows)
    margin = " ".join(word.text for word in turned)
    return normalised("\n\n".join(part for part in (*parts, margin) if part))


def flows_of(words: Sequence[Word], page: Type, rules: Iterable[Box]) -> tuple[list[columns.Flow], list[Word]]:
    """The lines and tables of a page, column by column, and the words that are turned otherwise than most."""
    tables = ruled_tables(words, rules)
    kept = [word for word in words if not any(_within(word, table.box) for table in tables)]
    turned = [word for word in kept if page.is_turned(word)]
    kept = [word for word in kept if not page.is_turned(word)]
    return [_with_tables(flow) for flow in columns.flows(layout.runs(kept), tables)], turned


def stretches(flow: columns.Flow) -> Iterator[list[layout.Line]]:
    """The lines of a flow between its tables."""
    for is_table, items in groupby(flow, lambda item: isinstance(item, Table)):
        if not is_table:
            yield [item for item in items if not isinstance(item, Table)]


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


def _within(word: Word, box: Box) -> bool:
    return box.x0 <= (word.x0 + word.x1) / 2 <= box.x1 and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1


def _with_tables(flow: columns.Flow) -> columns.Flow:
    """The flow again, with lines that make a table put together."""
    found: columns.Flow = []
    for is_table, items in groupby(flow, lambda item: isinstance(item, Table)):
        if is_table:
            found += items
            continue
        lines, done = [item for item in items if not isinstance(item, Table)], 0
        for start, end, table in aligned_tables(lines):
            found += [*lines[done:start], table]
            done = end
        found += lines[done:]
    return found


@dataclass(slots=True)
class _Paragraph:
    """Text that grows line by line; `level` is that of a heading, `bullet` where the text of a list's item begins."""

    text: str
    last: layout.Line
    lines: int = 1
    level: int | None = None
    bullet: bool = False
    size: float = 0.0
    joined: bool = False  # of lines of prose

    @property
    def markdown(self) -> str:
        if self.level is not None and self.lines <= HEADING_LINES:
            return f"{'#' * self.level} {' '.join(self.text.split())}"
        return self.text


def _blocks(flow: columns.Flow, page: Type) -> Iterator[str]:
    """The blocks of a flow; items of one list stay together."""
    text = ""
    before: _Paragraph | None = None
    for part in _paragraphs(flow, page):
        if isinstance(part, Table):
            text, before = f"{text}\n\n{part.markdown}", None
            continue
        together = before is not None and before.bullet and part.bullet
        text, before = text + ("\n" if together else "\n\n") + part.markdown, part
    if text:
        yield text.strip("\n")


def _paragraphs(flow: columns.Flow, page: Type) -> Iterator[_Paragraph | Table]:
    lines = [item for item in flow if not isinstance(item, Table)]
    right = max((line[-1].x1 for line in lines), default=0.0)
    levels = iter(_levels(flow, page))
    current: _Paragraph | None = None
    for item in flow:
        if isinstance(item, Table):
            if current is not None:
                yield current
            yield item
            current = None
            continue
        level = next(levels)
        if current is None or not _added(current, item, level, page, right):
            if current is not None:
                yield current
            current = _begun(item, level, page)
    if current is not None:
        yield current


def _levels(flow: columns.Flow, page: Type) -> Iterator[int | None]:
    """The headings' levels, for each line of the flow."""
    for lines in stretches(flow):
        yield from heading_levels(lines, page)


def _begun(line: layout.Line, level: int | None, page: Type) -> _Paragraph:
    text = _text(line)
    bullet = bool(_BULLET.match(text))
    if bullet and (level is None or text[0] not in _HEADING_MARKS):
        text, level = _BULLET.sub("- ", text, count=1), None
    elif text.startswith(("#", "|", ">")) and level is None:
        text = "\\" + text
    return _Paragraph(text, line, level=level, bullet=bullet, size=page.of_line(line).size)


def _added(current: _Paragraph, line: layout.Line, level: int | None, page: Type, right: float) -> bool:
    """Adds the line to the paragraph if it belongs there, and says so."""
    if _ends_paragraph(current.last, line) or _BULLET.match(_text(line)):
        return False
    size = page.of_line(line).size
    alike = abs(current.size - size) <= 0.1 * size and current.level != level
    if alike and line[0].text[:1].islower() and _has_no_room(current.last, line, right):
        current.level = level = None  # a sentence that is set in bold in part
    if current.level is not None or level is not None:
        if current.level != level or abs(current.size - size) > 0.1 * size:
            return False
        current.text += f" {_text(line)}"
    elif _goes_on(current, line, right):
        current.text, current.joined = joined(current.text, _text(line)), True
    elif current.joined:
        return False
    else:
        current.text += f"\n{_text(line)}"
    current.last, current.lines = line, current.lines + 1
    return True


def _goes_on(current: _Paragraph, line: layout.Line, right: float) -> bool:
    """Whether the last line of the paragraph was full, so that its sentence goes on in the next one."""
    last = current.last
    if len(layout.runs(last)) > 1 or len(layout.runs(line)) > 1 or _NUMBER.match(_text(line)):
        return False
    if current.bullet:
        return line[0].x0 > last[0].x0 - layout.height(line) / 2
    long = sum(len(word.text) + 1 for word in last) >= PROSE_CHARACTERS
    return long and _has_no_room(last, line, right)


def _has_no_room(line: layout.Line, following: layout.Line, right: float) -> bool:
    """Whether the first word of the next line would have had no room in this one, but for a ragged edge."""
    return right - line[-1].x1 - (following[0].x1 - following[0].x0) < 2 * layout.height(following)


def _text(line: layout.Line) -> str:
    if layout.is_rightward(line):
        return "   ".join(" ".join(word.text for word in run) for run in layout.runs(line))
    return " ".join(word.text for word in layout.as_read(line))


def _ends_paragraph(line: layout.Line, following: layout.Line) -> bool:
    gap = min(word.y0 for word in following) - max(word.y1 for word in line)
    size = min(layout.height(line), layout.height(following))
    return gap > PARAGRAPH_GAP * size or gap < -size  # the latter is the next column
