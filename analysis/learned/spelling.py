"""Spelling: words that known names and addresses share, to put right a digit or accent that OCR read for a letter."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_LEAST_ISSUERS = 2  # who must have the word
_WORD = re.compile(r"[^\W\d_]{5,}")  # short words are too much alike
_READ = re.compile(r"[\w!|]{5,}")


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

    def corrected(self, text: str) -> str:
        """The text with such words put right. Words of letters alone are left: a letter off is often another word."""
        return _READ.sub(lambda match: self._nearest(match.group()), text)

    def _nearest(self, word: str) -> str:
        upper = word.upper()
        if sum(not (c.isascii() and c.isalpha()) for c in word) != 1:
            return word
        near = [other for other in self.words if len(other) == len(word) and _is_slip(upper, other)]
        if len(near) != 1:
            return word
        lower = sum(map(str.islower, word)) > sum(map(str.isupper, word))
        right = zip(word, near[0], strict=True)
        return "".join(w if w.upper() == known else known.lower() if lower else known for w, known in right)


def _is_slip(word: str, known: str) -> bool:
    return sum(a != b for a, b in zip(word, known, strict=True)) == 1
