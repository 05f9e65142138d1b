"""The ways in which forms write one label: "policy number", "policy no", "policy #", "date of birth", "birth date"."""

import re
from collections.abc import Iterable, Iterator

_NUMBER = ("no", "nr", "num", "#", "id")
_GERMAN = re.compile(r"nummer$", re.IGNORECASE)


def wordings(phrases: Iterable[str]) -> list[str]:
    """The phrases, each followed by its other wordings; none twice."""
    given = list(phrases)
    return list(dict.fromkeys([*given, *(other for phrase in given for other in _others(phrase))]))


def _others(phrase: str) -> Iterator[str]:
    if match := re.fullmatch(r"(.+?)\s+(?:number|no\.?)", phrase, re.IGNORECASE):
        yield from (f"{match[1]} {word}" for word in ("number", *_NUMBER))
    if _GERMAN.search(phrase):
        yield _GERMAN.sub("nr", phrase)
        yield _GERMAN.sub(" nr", phrase)
    if match := re.fullmatch(r"date of (.+)", phrase, re.IGNORECASE):
        yield f"{match[1]} date"
    elif match := re.fullmatch(r"(.+) date", phrase, re.IGNORECASE):
        yield f"date of {match[1]}"
