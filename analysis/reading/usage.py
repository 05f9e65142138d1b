"""What each style of a document is used for, counted over a sample of its pages."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from analysis.reading import layout
from analysis.reading.styles import Style, Type, Usage

Flow = tuple[Sequence[layout.Line], Type]

MAX_STYLES = 200  # the commonest
_STOPS = (".", "。", "!", "?", "؟")


@dataclass(slots=True)
class _Count:
    lines: int = 0
    letters: int = 0
    ended: int = 0
    alone: int = 0
    above_text: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    pages: set[int] = field(default_factory=set)


def usage_of(pages: Sequence[Sequence[Flow]]) -> tuple[tuple[Style, Usage], ...]:
    """Of the flows of each page; each style is a `Style.key`."""
    counts: dict[Style, _Count] = defaultdict(_Count)
    for number, flows in enumerate(pages):
        for lines, page in flows:
            _add(counts, number, lines, page)
    total = sum(count.lines for count in counts.values())
    letters = sum(count.letters for count in counts.values())
    commonest = sorted(counts.items(), key=lambda item: (-item[1].lines, item[0]))[:MAX_STYLES]
    return tuple((style, _usage(count, total, letters, len(pages))) for style, count in commonest)


def _usage(count: _Count, lines: int, letters: int, pages: int) -> Usage:
    return Usage(
        count.lines / lines,
        count.letters / letters,
        count.letters / count.lines,
        count.ended / count.lines,
        count.alone / count.lines,
        count.above_text / count.lines,
        len(count.texts) / count.lines,
        len(count.pages) / pages,
    )


def _add(counts: dict[Style, _Count], number: int, lines: Sequence[layout.Line], page: Type) -> None:
    keys = [page.of_line(line).key for line in lines]
    text = (page.document.body or page.body).key
    same = [one == other for one, other in pairwise(keys)]
    for index, (line, key) in enumerate(zip(lines, keys, strict=True)):
        words, count = " ".join(word.text for word in line), counts[key]
        count.lines += 1
        count.letters += len(words)
        count.ended += words.endswith(_STOPS)
        count.alone += sum(same[max(index - 2, 0) : index + 2]) < 2
        count.above_text += keys[index + 1 : index + 2] == [text]
        count.texts[words] += 1
        count.pages.add(number)
