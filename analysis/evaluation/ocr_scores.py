"""How much of an image's text was read: words, words with digits, characters, and what it cost."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from analysis.evaluation.truth import Case
from documents.pages import Box, Word

Truth = Sequence[dict[str, Any]]  # {"text", "bbox": [x0, y0, x1, y1]}: words, lines or blocks


@dataclass(slots=True)
class PageScore:
    """Counts over one page or many: `right` of `found` words and of `asked` ones; edits are of characters."""

    pages: int = 0
    asked: int = 0
    found: int = 0
    right: int = 0
    digits_asked: int = 0
    digits_right: int = 0
    characters: int = 0
    edits: int = 0
    cpu_seconds: float = 0.0

    def add(self, other: "PageScore") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, float]:
        """Recall and precision of words, recall of words with digits, character error rate, CPU seconds a page."""
        return {
            "pages": self.pages,
            "recall": _share(self.right, self.asked),
            "precision": _share(self.right, self.found),
            "digits_recall": _share(self.digits_right, self.digits_asked),
            "character_error_rate": _share(self.edits, self.characters),
            "cpu_seconds_per_page": round(self.cpu_seconds / max(self.pages, 1), 4),
        }


def score(truth: Truth, words: Sequence[Word], *, spaces: bool, cpu_seconds: float) -> PageScore:
    """Words without order: each of the truth's can be found once. Without `spaces` in the truth, entries are words.

    Characters are compared entry by entry, without blanks, with the words that stand there; a word that stands nowhere
    is no edit, because no truth names every speck.
    """
    there = _at_entries(truth, words)
    stray = [word.text for word in there.pop(None, [])]
    entries = [(_plain(entry["text"]), _joined(there.get(n, []))) for n, entry in enumerate(truth)]
    if spaces:
        asked, found = _bag(entry["text"] for entry in truth), _bag(word.text for word in words)
    else:
        asked, found = _bag(text for text, _ in entries), _bag([*(text for _, text in entries), *stray])
    return PageScore(
        pages=1,
        asked=asked.total(),
        found=found.total(),
        right=(asked & found).total(),
        digits_asked=_with_digits(asked).total(),
        digits_right=(_with_digits(asked) & found).total(),
        characters=sum(len(text) for text, _ in entries),
        edits=sum(min(Levenshtein.distance(text, read), len(text)) for text, read in entries),
        cpu_seconds=cpu_seconds,
    )


def _at_entries(truth: Truth, words: Sequence[Word]) -> dict[int | None, list[Word]]:
    """The words by the entry of the truth that they overlap most, from left to right; None: no entry."""
    there: dict[int | None, list[Word]] = {}
    boxes = [Box(*entry["bbox"]) for entry in truth]
    for word in sorted(words, key=lambda word: word.x0):
        shared, entry = max(((_shared(word, box), n) for n, box in enumerate(boxes)), default=(0.0, 0))
        there.setdefault(entry if shared > 0 else None, []).append(word)
    return there


def _shared(word: Word, box: Box) -> float:
    """The share of the word's area that lies in the box."""
    width = min(word.x1, box.x1) - max(word.x0, box.x0)
    height = min(word.y1, box.y1) - max(word.y0, box.y0)
    return max(width, 0) * max(height, 0) / max((word.x1 - word.x0) * (word.y1 - word.y0), 1e-6)


def _joined(words: Iterable[Word]) -> str:
    return _plain("".join(word.text for word in words))


def _plain(text: str) -> str:
    """Without case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _bag(texts: Iterable[str]) -> "Counter[str]":
    """The words of some texts, without case; signs alone are none."""
    words = (word for text in texts for word in unicodedata.normalize("NFKC", text).casefold().split())
    return Counter(word for word in words if any(char.isalnum() for char in word))


def _with_digits(words: "Counter[str]") -> "Counter[str]":
    return Counter({word: count for word, count in words.items() if any(char.isdigit() for char in word)})


@dataclass(slots=True)
class OcrReport:
    """Scores by family of images, and by half."""

    engine: str
    total: PageScore = field(default_factory=PageScore)
    families: dict[str, PageScore] = field(default_factory=dict)
    halves: dict[str, dict[str, PageScore]] = field(default_factory=dict)

    def add(self, case: Case, score: PageScore) -> None:
        halves = self.halves.setdefault(case.family, {})
        family = self.families.setdefault(case.family, PageScore())
        for scores in (self.total, family, halves.setdefault(case.half, PageScore())):
            scores.add(score)

    def as_dict(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "total": self.total.as_dict(),
            "families": {name: scores.as_dict() for name, scores in self.families.items()},
            "halves": {
                family: {half: scores.as_dict() for half, scores in halves.items()}
                for family, halves in self.halves.items()
            },
        }

    def show(self, console: Console) -> None:
        table = Table(title=f"OCR by {self.engine}", title_justify="left", title_style="bold")
        for column in ("", "images", "recall", "precision", "words with digits", "character errors", "CPU s a page"):
            table.add_column(column, justify="right" if column else "left")
        for family, scores in self.families.items():
            table.add_row(family, *_cells(scores))
            for half, part in sorted(self.halves[family].items()):
                table.add_row(f"- {half}", *_cells(part))
        table.add_row("all", *_cells(self.total))
        console.print(table)


def _cells(scores: PageScore) -> list[str]:
    figures = scores.as_dict()
    shares = ("recall", "precision", "digits_recall", "character_error_rate")
    cpu = f"{figures['cpu_seconds_per_page']:.2f}"
    return [str(scores.pages), *(f"{100 * figures[name]:.1f}" for name in shares), cpu]


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
