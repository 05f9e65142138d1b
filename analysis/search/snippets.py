"""The part of a passage that shows best why it was found, and where the question's words are in it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.search import words

LENGTH = 280  # characters, about


@dataclass(frozen=True, slots=True)
class Snippet:
    """Characters `start` to `end` of a passage; `highlights` are offsets in `text`, which is what stands there."""

    start: int
    end: int
    text: str
    highlights: list[tuple[int, int]]


class Highlighter:
    """Finds a question's words in passages, whatever their inflection."""

    def __init__(self, question: str, corrections: Collection[str], languages: Iterable[str]) -> None:
        self._languages = tuple(languages)
        stems = words.variants(_telling(question), self._languages).values()
        self._wanted = {one for group in stems for one in group} | set(corrections)

    def marks(self, text: str) -> list[tuple[int, int]]:
        """Where in the text the words are, in order."""
        found = list(words.tokens(text))
        stems = words.variants(list(dict.fromkeys(token.word for token in found)), self._languages)
        marked = [(token.start, token.end) for token in found if stems[token.word] & self._wanted]
        return _joined(marked)

    def surface(self, stem: str, texts: Iterable[str]) -> str:
        """A word as it is written in the texts, of one that is known by its stem; the stem if there is none."""
        for text in texts:
            found = list(words.tokens(text))
            stems = words.variants(list(dict.fromkeys(token.word for token in found)), self._languages)
            for token in found:
                if stem in stems[token.word]:
                    return token.word
        return stem

    def rewritten(self, question: str, corrections: Mapping[str, str], texts: Sequence[str]) -> str:
        """The question with its unknown words replaced by what they were taken for, as the texts write it."""
        parts, done = [], 0
        for token in words.tokens(question):
            if token.word in corrections:
                parts += [question[done : token.start], self.surface(corrections[token.word], texts)]
                done = token.end
        return "".join(parts) + question[done:]

    def snippet(self, text: str) -> Snippet:
        """The window with most different words of the question."""
        marks = self.marks(text)
        start, end = _window(text, marks)
        inside = [(max(first, start) - start, min(last, end) - start) for first, last in marks if start < last <= end]
        return Snippet(start, end, text[start:end], inside)


def _telling(question: str) -> list[str]:
    """Its words without stop words of its own language, which may be none in the passages' languages."""
    asked = [token.word for token in words.tokens(question)]
    own = words.stems(asked, words.language_of(question))
    return [word for word in asked if own[word]] or asked


def boxes(spans: Sequence[Sequence[Any]], start: int, end: int) -> list[dict[str, Any]]:
    """Where on their pages the characters `start` to `end` of a passage stand: [{page, box: [x0, y0, x1, y1]}, …].

    Empty for documents without pages to show (DOCX, text): their boxes have no size.
    """
    inside = [span for span in spans if span[0] < end and span[1] > start and span[5] > span[3]]
    return [{"page": span[2], "box": list(span[3:7])} for span in inside]


def _joined(marks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of signs overlap: one mark each run."""
    joined: list[tuple[int, int]] = []
    for start, end in marks:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(text: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """About LENGTH characters from the word on whose window holds most marked words, widened to whole words."""
    if len(text) <= LENGTH:
        return 0, len(text)
    best = max(marks, key=lambda mark: (_held(text, marks, mark[0]), -mark[0]), default=(0, 0))
    start = max(0, min(best[0] - LENGTH // 5, len(text) - LENGTH))
    end = start + LENGTH
    if start:
        start = _blank(text, start, best[0])
    return start, _last_blank(text, end, start)


def _held(text: str, marks: Sequence[tuple[int, int]], start: int) -> int:
    window = LENGTH - LENGTH // 5
    return len({text[first:last].casefold() for first, last in marks if start <= first and last <= start + window})


def _blank(text: str, start: int, at_most: int) -> int:
    """The beginning of the first line from `start` on, else of the first word: half a row of a table tells little."""
    found = text.find("\n", start, at_most)
    found = text.find(" ", start, at_most) if found < 0 else found
    return found + 1 if found >= 0 else start


def _last_blank(text: str, end: int, at_least: int) -> int:
    found = text.rfind(" ", at_least, end + 1) if end < len(text) else -1
    return found if found > at_least + LENGTH // 2 else min(end, len(text))
