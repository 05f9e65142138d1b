"""What a whole PDF is set in, from a sample of its pages. Runs in the parser's child process."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import pypdfium2 as pdfium

from analysis.reading import columns, layout
from analysis.reading.headings import groups, is_text
from analysis.reading.marked import usual_marks
from analysis.reading.styles import (
    TAGGED,
    Bookmark,
    Style,
    Type,
    Typography,
    body_of,
    letters_by_style,
    place_of,
)
from analysis.reading.tables import Table
from analysis.reading.textlayer import text_layer
from analysis.reading.titles import key_of
from analysis.reading.usage import usage_of
from documents.errors import InvalidInput
from documents.pages import Word
from documents.rendering import open_pdf, pdf_page

TRIPLES = 8  # of consecutive pages, spread over a long document: what three pages repeat belongs to all
MAX_BOOKMARKS = 10_000
MARGIN = 0.12  # of the page's height, at its head and foot
_MOSTLY = 3  # times as many lines in texts as elsewhere make a style one of texts
_FEW = 6  # lines in a style that don't yet show that it is one of texts, and words that don't make a tagged document
_LONG = 30  # characters, on average, in the lines of a text
_REPEATED = 0.15  # of the pages must have a line elsewhere that counts as repeated

Sampled = tuple[list[Word], dict[Word, Style], float]  # words, styles, height of the page


def sample(path: str) -> Typography:
    """Raises InvalidInput: `encrypted_pdf`, `malformed_pdf`. Pages that can't be read are passed over."""
    document = open_pdf(path)
    pages = [page for number in sampled_pages(len(document)) if (page := _page(path, number)) and page[1]]
    return typography_of(pages, tuple(bookmarks_of(document)))


def typography_of(pages: Sequence[Sampled], bookmarks: tuple[Bookmark, ...] = ()) -> Typography:
    """What is known by some pages with words."""
    letters: Counter[Style] = Counter()
    for words, styles, _ in pages:
        letters += letters_by_style(words, styles)
    if not letters:
        return Typography(bookmarks=bookmarks)
    body = body_of(letters)._replace(turn=0)
    tagged = sum(style.role in TAGGED for _, styles, _ in pages for style in styles.values()) >= _FEW
    known = Typography(body, _prose(pages, body), _running(pages, body), bookmarks, tagged)
    if tagged:
        return known
    flows = [list(_flows([page], known)) for page in pages]
    marks = usual_marks(flow for page in flows for flow in page)
    return known._replace(headings=marks, usage=usage_of(flows))


def sampled_pages(count: int) -> list[int]:
    """Of a document with so many pages, those that are looked at, from 1."""
    if count <= 3 * TRIPLES:
        return list(range(1, count + 1))
    starts = (round(1 + index * (count - 3) / (TRIPLES - 1)) for index in range(TRIPLES))
    return sorted({number for start in starts for number in range(start, start + 3)})


def _page(path: str, number: int) -> Sampled | None:
    try:
        with pdf_page(path, number) as page:
            words, styles, rotation = text_layer(page)
            width, height = page.get_size()
            return words, styles, width if rotation % 180 else height
    except InvalidInput:
        return None


def _prose(pages: Sequence[Sampled], body: Style) -> frozenset[Style]:
    """Styles most of whose lines belong to texts."""
    texts: Counter[Style] = Counter()
    others: Counter[Style] = Counter()
    for words, styles, _ in pages:
        page, lines = Type(styles, body), layout.arrange(words)
        for start, end in groups(lines, page):
            counts = texts if _is_prose(lines[start:end]) else others
            counts[page.of_line(lines[start]).rounded] += end - start
    return frozenset(style for style, count in texts.items() if count >= _FEW and count > _MOSTLY * others[style])


def _is_prose(lines: list[layout.Line]) -> bool:
    """Whether the lines are a text, and no list of names."""
    letters = sum(len(word.text) + 1 for line in lines for word in line)
    return is_text(lines) and letters >= _LONG * len(lines)


def _flows(pages: Sequence[Sampled], known: Typography) -> Iterator[tuple[list[layout.Line], Type]]:
    for words, styles, _ in pages:
        page = Type.of(words, styles, known)
        for flow in columns.flows(layout.runs([word for word in words if not page.is_turned(word)])):
            yield [line for line in flow if not isinstance(line, Table)], page


def _running(pages: Sequence[Sampled], body: Style) -> frozenset[tuple[int, Style]]:
    """Places where pages have the same words but for numbers: twice in a margin, more often elsewhere."""
    seen: Counter[tuple[str, tuple[int, Style]]] = Counter()
    margins = set()
    for words, styles, height in pages:
        page = Type(styles, body)
        lines = layout.arrange(words)
        seen.update({(_masked(line), place_of(line, page)) for line in lines})
        margins |= {place_of(line, page) for line in lines if not MARGIN * height < line[0].y0 < (1 - MARGIN) * height}
    often = max(3, _REPEATED * len(pages))
    return frozenset(place for (_, place), count in seen.items() if count >= (2 if place in margins else often))


def _masked(line: layout.Line) -> str:
    return re.sub(r"\d+", "0", " ".join(word.text for word in line))


def bookmarks_of(document: pdfium.PdfDocument) -> Iterator[Bookmark]:
    """The entries of the outline that lead to a page."""
    for mark in islice(document.get_toc(max_depth=6), MAX_BOOKMARKS):
        target = mark.get_dest()
        page = target.get_index() if target else None
        if page is not None and (key := key_of(mark.get_title())):
            yield Bookmark(page + 1, mark.level, key)
