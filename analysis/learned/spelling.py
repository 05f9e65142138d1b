"""Spelling: words that known names and addresses share, to put right letters and digits that OCR took for others."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property

from analysis.rules.layout import Row

_LEAST_ISSUERS = 2  # who must have the word
_SURE = 0.99  # of a word: from there on a slip of OCR is rarer than another word
_WORD = re.compile(r"[^\W\d_]{5,}")  # short words are too much alike
_READ = re.compile(r"[\w!|]{5,}")
# Letters that look alike in print, in either case; a letter off is often another word where they don't.
_ALIKE = ("CEFO", "DOQU", "IJLTFY", "BDPR", "HMNUW", "VYU", "HKX", "HB")
_POSTCODE = re.compile(r"(?<![\w.,/-])(?=(?:[A-Za-z]?\d){4}[A-Za-z]?\s)[\dODQIlSBZG]{5}(?=\s+[^\W\d]{3})")
_DIGITS = str.maketrans("ODQIlSBZG", "000115826")


@dataclass(frozen=True)
class Spelling:
    """Words, in capitals, that at least two issuers write so."""

    words: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, texts: Iterable[tuple[str, str]]) -> "Spelling":
        """From (issuer, text) pairs."""
        issuers: dict[str, set[str]] = defaultdict(set)
        for issuer, text in texts:
            for word in _WORD.findall(text.upper()):
                issuers[word].add(issuer)
        return cls(frozenset(word for word, who in issuers.items() if len(who) >= _LEAST_ISSUERS))

    def corrected(self, text: str, sure: Container[str] = frozenset()) -> str:
        """The text with such words, and letters among a postcode's digits, put right; `sure` words stay as they are."""
        read = _POSTCODE.sub(lambda match: match.group().translate(_DIGITS), text)
        return _READ.sub(lambda m: m.group() if m.group() in sure else self._nearest(m.group()), read)

    @cached_property
    def _by_size(self) -> dict[int, list[str]]:
        sizes: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self.words):
            sizes[len(word)].append(word)
        return dict(sizes)

    def _nearest(self, word: str) -> str:
        upper = word.upper()
        if upper in self.words or len(upper) != len(word):
            return word
        near = [other for other in self._by_size.get(len(word), ()) if _is_slip(upper, other)]
        if len(near) != 1:
            return word
        lower = sum(map(str.islower, word)) > sum(map(str.isupper, word))
        right = zip(word, near[0], strict=True)
        return "".join(w if w.upper() == known else known.lower() if lower else known for w, known in right)


def surely_read(rows: Iterable[Row]) -> frozenset[str]:
    """The words that OCR has no doubt of: "Laman" is no slip for "Taman" if every letter was clear."""
    words = (word for row in rows for word in row.words if word.confidence >= _SURE)
    return frozenset(text for word in words for text in _READ.findall(word.text))


def _is_slip(word: str, known: str) -> bool:
    """Whether one character differs, and is no letter or looks like the right one."""
    wrong = [(a, b) for a, b in zip(word, known, strict=True) if a != b]
    return len(wrong) == 1 and _looks_like(*wrong[0])


def _looks_like(read: str, known: str) -> bool:
    no_letter = not (read.isascii() and read.isalpha())
    return no_letter or any(read in group and known in group for group in _ALIKE)
