"""Words of a text as they are searched for: any case, any accent, any inflection.

Words are split and normalised here; stems and stop words are PostgreSQL's own (Snowball), by the passage's language.
Chinese and Japanese, which set no blanks, are taken apart into pairs of neighbouring signs.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from documents import sql

LONGEST = 64  # characters; what is longer is no word that anybody asks for

STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip

_SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
_WORD = re.compile(rf"(?P<signs>[{_SIGNS}]+)|(?P<number>\d+(?:[.,٫٬]\d+)+)|(?:(?![{_SIGNS}_])\w\u0301?)+")
_FOLDED = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")  # accents, Arabic vowels
_ALIKE = str.maketrans({
    "ı": "i", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe",
    "ـ": None, "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",
})  # fmt: skip
_TOLD_BY = 1_000  # characters that tell a passage's language
_KEPT = 100_000  # stems, so that the database isn't asked for the same ones by each question


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: where it stands, and in lower case with its accents, as stemmers want it."""

    start: int
    end: int
    word: str


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order."""
    for found in _WORD.finditer(text):
        start, end = found.span()
        if found["signs"] and end - start > 1:
            for place in range(start, end - 1):
                yield Token(place, place + 2, text[place : place + 2])
            continue
        word = unicodedata.normalize("NFKC", found[0]).casefold()
        if found["number"]:  # 1.234,50 and 1,234.50 are the same amount
            word = re.sub("[.,٫٬]", "", word)
        yield Token(start, end, _with_digits(word)[:LONGEST])


def _with_digits(word: str) -> str:
    """With the digits that all scripts are searched by: ٢٠٢٤ is 2024."""
    if word.isascii() or word.isalpha():
        return word
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in word)


def folded(word: str) -> str:
    """Without accents."""
    return _plain(word) if not word.isascii() else word


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    word = _FOLDED.sub("", unicodedata.normalize("NFD", word.translate(_ALIKE)))
    return unicodedata.normalize("NFC", word)[:LONGEST]


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([*STEMMERS, "ja", "ko", "zh"])
    return identifier


def language_of(text: str) -> str:
    """The most likely one, ISO 639-1; texts without letters count as English."""
    return _language(text[:_TOLD_BY])


@lru_cache(maxsize=500)  # the passages that a question finds are asked about at each step
def _language(start: str) -> str:
    return str(_identifier().classify(start)[0]) if any(map(str.isalpha, start)) else "en"


_stemmed: dict[tuple[str, str], str] = {}  # by language and word


def stems(words: Iterable[str], language: str) -> dict[str, str]:
    """By word its stem without accents; "" for one that the language's texts are full of (a stop word)."""
    wanted = list(dict.fromkeys(words))
    if language not in STEMMERS:
        return {word: folded(word) for word in wanted}
    # No dictionary says anything of bare numbers or of other scripts that isn't the word itself.
    letters = [word for word in wanted if not word.isdigit()]
    known = {word: stem for word in letters if (stem := _stemmed.get((language, word))) is not None}
    if asked := [word for word in letters if word not in known]:
        made = dict(sql.rows(_STEMS, {"dictionary": f"{STEMMERS[language]}_stem", "words": asked}))
        if len(_stemmed) > _KEPT:
            _stemmed.clear()
        _stemmed.update({(language, word): stem for word, stem in made.items()})
        known |= made
    return {word: folded(known.get(word, word)) for word in wanted}


_STEMS = (
    "select word, case when stem is null then word else coalesce(stem[1], '') end from"
    " (select word, ts_lexize(%(dictionary)s::regdictionary, word) stem from unnest(%(words)s::text[]) word) stemmed"
)


def variants(words: Sequence[str], languages: Iterable[str]) -> dict[str, set[str]]:
    """By word all that it may be in the index of texts in these languages; nothing for a stop word in all of them."""
    found: dict[str, set[str]] = {word: set() for word in words}
    for language in languages:
        for word, stem in stems(words, language).items():
            if stem:
                found[word].add(stem)
    return found
