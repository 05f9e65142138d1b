"""Headings, known by how they are set and numbered, by tags and bookmarks, and by what the whole document is set in."""

from collections.abc import Iterator, Sequence

from analysis.reading import layout
from analysis.reading.judging import is_one, judged
from analysis.reading.marked import LARGER, gap, marked
from analysis.reading.styles import TAGGED, Style, Type, Typography, is_running
from analysis.reading.titles import (
    MAX_CHARACTERS,
    PLAIN,
    holds,
    is_chapter,
    is_figure,
    is_listed,
    is_numbered,
    key_of,
    may_be,
    may_be_plain,
    section_of,
)

LARGER_SEEN = 1.4  # the same where only the height of scanned words is known
LEVELS = (1.7, 1.3)  # times the size of the text, for headings of the first and the second level
SHORT = 60  # characters, of headings that only slanted type tells
COVER = 0.6  # of the largest size on a cover, below which nothing is a heading
FIGURE_LINES = 4  # at least, in a drawing
HEADING_LINES = 3  # at most; more in large type is a text


def heading_levels(lines: Sequence[layout.Line], page: Type) -> list[int | None]:
    """For each line of a flow 1 to 6 if it is (a part of) a heading; None otherwise."""
    levels = ruled_levels(lines, page)
    if page.document.usage:  # neither a page alone nor one whose author tagged the headings
        levels = judged(lines, page, levels)
    for start, end, level in _bookmarked(lines, page):
        levels[start:end] = [level] * (end - start)
    return levels


def ruled_levels(lines: Sequence[layout.Line], page: Type) -> list[int | None]:
    """What rules alone take for headings, bookmarks apart."""
    levels = [heading_level(line, page) for line in lines]
    for start, end in groups(lines, page):
        style = page.of_line(lines[start])
        if not _is_larger(style, page) and style.role not in TAGGED and is_text(lines[start:end]):
            kept = [is_numbered(_text(line)) for line in lines[start:end]]
            levels[start:end] = [level if keep else None for level, keep in zip(levels[start:end], kept, strict=True)]
        elif any(levels[start:end]) and end - start > 1 and _is_one_heading(lines[start:end]):
            level = next(filter(None, levels[start:end]))  # not always the first line's, which may end with a comma
            levels[start:end] = [level] * (end - start)
    known = page.document.headings
    for start, end, mark in marked(lines, page, known) if known else ():
        if mark in known and not any(levels[start:end]) and not is_running(lines[start], page):
            levels[start:end] = [3] * (end - start)
    for start, end in (*_covers(lines, levels, page), *_figures(lines, page)):
        levels[start:end] = [None] * (end - start)
    for index, level in (*_sections(lines), *_chapters(lines)):
        if levels[index] is None and not is_running(lines[index], page):
            levels[index] = level
    return levels


def heading_level(line: layout.Line, page: Type) -> int | None:
    """1 to 3 if the line, taken for itself, may be a heading; None otherwise."""
    text, style = _text(line), page.of_line(line)
    if style.role in TAGGED and sum(map(str.isalpha, text)) > 1 and len(text) <= MAX_CHARACTERS:
        return TAGGED[style.role]
    if not may_be(text) or not is_one(line) or not page.body.size or is_running(line, page):
        return None
    ratio = style.size / page.body.size
    if _is_larger(style, page):
        return None if _is_prose(style, page.document) else 1 if ratio >= LEVELS[0] else 2 if ratio >= LEVELS[1] else 3
    if page.document.tagged:
        return None
    slanted = style.italic and not page.body.italic and len(text) < SHORT and page.document.body is None
    stressed = slanted or (style.bold and not page.body.bold)
    return 3 if stressed and ratio > 0.95 and may_be_plain(text) else None


def groups(lines: Sequence[layout.Line], page: Type) -> Iterator[tuple[int, int]]:
    """Runs of lines, as (first, after the last), that stand below each other and are set alike."""
    styles, start = [page.of_line(line).rounded for line in lines], 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or styles[index] != styles[start] or not _is_below(lines[index - 1], lines[index]):
            yield start, index
            start = index


def is_text(group: Sequence[layout.Line]) -> bool:
    """Whether lines that are set alike are a text rather than a heading: too many, or with the end of a sentence."""
    several = len(group) > 1 and not all(may_be(_text(line)) for line in group)
    return len(group) > HEADING_LINES or (several and not _is_one_heading(group))


def _is_one_heading(group: Sequence[layout.Line]) -> bool:
    """Whether a few lines are one heading: those from the second on go on in small letters."""
    text = " ".join(_text(line) for line in group)
    goes_on = all(_text(line)[:1].islower() for line in group[1:])
    return goes_on and len(group) <= HEADING_LINES and may_be(text) and may_be_plain(text)


def _is_prose(style: Style, document: Typography) -> bool:
    """Whether the document sets text so: as most of it, or in some places."""
    body = document.body and not style.bold and not style.italic and style.size < 1.05 * document.body.size
    return bool(body) or style.rounded in document.prose


def _is_larger(style: Style, page: Type) -> bool:
    return style.size >= (LARGER if page.styles else LARGER_SEEN) * page.body.size > 0


def _is_below(line: layout.Line, following: layout.Line) -> bool:
    return -0.5 < (following[0].y0 - line[0].y1) / max(layout.height(line), 0.1) < 1.2


def _sections(lines: Sequence[layout.Line]) -> Iterator[tuple[int, int]]:
    """Lines with a number such as 2.1 before their words, set apart; not those of a table of contents."""
    depths = [section_of(_text(line)) for line in lines]
    for index, depth in enumerate(depths):
        beside = [*depths[max(index - 1, 0) : index], *depths[index + 1 : index + 2]]
        text = _text(lines[index])
        if depth is None or any(beside) or len(text) > PLAIN or is_listed(text) or not may_be(text):
            continue
        if _is_apart(lines, index) and is_one(lines[index]) and not text.endswith("."):
            yield index, min(depth + 1, 3)


def _chapters(lines: Sequence[layout.Line]) -> Iterator[tuple[int, int]]:
    """Lines that are called chapters and the like, and those with a number whose first section follows at once."""
    texts = [_text(line) for line in lines]
    named = [is_chapter(text) for text in texts]
    for index, text in enumerate(texts):
        listed = any((*named[max(index - 1, 0) : index], *named[index + 1 : index + 2]))
        if is_one(lines[index]) and _is_apart(lines, index):
            if named[index] and not listed:
                yield index, 2
            elif holds(text, "".join(texts[index + 1 : index + 2])) and not is_listed(text):
                yield index, 1


def _covers(lines: Sequence[layout.Line], levels: Sequence[int | None], page: Type) -> Iterator[tuple[int, int]]:
    """Lines of a cover, which has none of the text's size: names and subtitles, much smaller than the title."""
    if not page.document.body or any(page.of_line(line).size <= page.document.body.size * 1.05 for line in lines):
        return
    sizes = [page.of_line(line).size for line in lines]
    largest = max((size for size, level in zip(sizes, levels, strict=True) if level), default=0.0)
    for index, size in enumerate(sizes):
        if size < COVER * largest and not is_numbered(_text(lines[index])):
            yield index, index + 1


def _figures(lines: Sequence[layout.Line], page: Type) -> Iterator[tuple[int, int]]:
    """The words of drawings: several lines above the caption of a figure, none of which is set as the text is."""
    for end, line in enumerate(lines):
        if not is_figure(_text(line)):
            continue
        start = end
        while start and not _is_of_text(lines[start - 1], page):
            start -= 1
        if end - start >= FIGURE_LINES:
            yield start, end


def _is_of_text(line: layout.Line, page: Type) -> bool:
    """Whether a line is set as the text is, or is one that only a text has."""
    style, text = page.of_line(line), _text(line)
    return style.rounded[:3] == page.body.rounded[:3] or is_numbered(text) or is_figure(text)


def _is_apart(lines: Sequence[layout.Line], index: int) -> bool:
    return not index or gap(lines[index - 1], lines[index]) >= 0.4


def _bookmarked(lines: Sequence[layout.Line], page: Type) -> Iterator[tuple[int, int, int]]:
    """Where a bookmark's words stand as one to three whole lines: first line, the one after the last, and the level.

    At the head of the page only if they stand nowhere else: chapters are named there on every page.
    """
    levels = {mark.key: min(mark.level + 1, 6) for mark in page.document.bookmarks if len(mark.key) > 2}
    places: dict[str, list[tuple[int, int]]] = {}
    for start in range(len(lines) if levels else 0):
        for end in range(start + 1, min(start + HEADING_LINES, len(lines)) + 1):
            key = key_of(" ".join(_text(line) for line in lines[start:end]))
            if key in levels:
                places.setdefault(key, []).append((start, end))
    for key, found in places.items():
        start, end = min(found, key=lambda place: is_running(lines[place[0]], page))
        yield start, end, levels[key]


def _text(line: layout.Line) -> str:
    return " ".join(word.text for word in line)
