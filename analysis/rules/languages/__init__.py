"""What the rules know of languages: one TOML file each, with labels, column titles, months and words of addresses."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILES = sorted(Path(__file__).parent.glob("*.toml"))
LANGUAGES: dict[str, dict[str, Any]] = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in _FILES}


def _merged(section: str) -> dict[str, list[str]]:
    """All languages' lists of one section, by key."""
    merged: dict[str, list[str]] = {}
    for language in LANGUAGES.values():
        for key, phrases in language.get(section, {}).items():
            merged.setdefault(key, []).extend(phrases)
    return merged


def plain(text: str) -> str:
    """Letters and digits alone, without case or accents: how phrases are compared."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i")
    return re.sub(r"[\W_]+", "", text)


# Words that come and go within phrases: "Total (RM) inclusive of GST" is "total inclusive gst".
_FILLERS = frozenset(["of", "the", "in", "rm", "myr", "eur", "usd", "gbp", "der", "des", "du", "de", "la"])


@lru_cache(maxsize=20_000)
def phrase(text: str) -> str:
    """`plain`, without the filling words."""
    words = (plain(word) for word in re.split(r"[\s()]+", text))
    return "".join(word for word in words if word not in _FILLERS)


def pattern_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words, as words and in any case (the longest first)."""
    ordered = sorted(set(words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)


def ranked(phrases: Iterable[str]) -> list[tuple[str, int]]:
    """Phrases with their rank: the earlier in a list, the more surely it means that."""
    return [(text, rank) for rank, text in enumerate(phrases)]


def _ranked(section: str) -> dict[str, list[tuple[str, int]]]:
    merged: dict[str, list[tuple[str, int]]] = {}
    for language in LANGUAGES.values():
        for key, phrases in language.get(section, {}).items():
            merged.setdefault(key, []).extend(ranked(phrases))
    return merged


# {"total": [("grand total", 0), ...]}
LABELS = _ranked("labels")
COLUMNS = _ranked("columns")
# Labels of forms, for the general reader alone: on an invoice they would part what belongs together.
FORM_LABELS = _ranked("form_labels")
WORDS = _merged("words")
MONTHS = {
    name.casefold(): number
    for language in LANGUAGES.values()
    for number, names in enumerate(language.get("months", []), start=1)
    for name in names
}
