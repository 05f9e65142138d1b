"""Texts as the classifier counts and reads them."""

import html
import re
import unicodedata

SHORTEST, LONGEST = 1, 512  # characters of a text after `normalised`

_JOINERS = "\u200c\u200d"  # spelling in Persian and Hindi, and emoji of several parts
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")  # as exports leave them that were escaped twice
_MENTION = re.compile(r"@\w+")
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"https?(?:://\S+)?|www\.\S+", re.IGNORECASE)


def normalised(text: str) -> str:
    """NFKC without HTML entities and control characters, white space as single blanks; the limits count this."""
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    return " ".join("".join(map(_printable, plain)).split())


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    kept = character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    return character if kept else ""


def legible(text: str) -> str:
    """The text without escapes, and addresses as one word each: where they lead says nothing of what is thought."""
    return _ADDRESS.sub("http", _ESCAPES.sub(_unescaped, text) if "\\u" in text else text)


def _unescaped(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", errors="ignore")


def bare(text: str) -> str:
    """The words alone, in small letters, without addresses and names: equal for copies of a text that were masked.

    The normalised text itself, if it has none.
    """
    plain = normalised(text)
    words = _WORD.findall(_MENTION.sub(" ", _ADDRESS.sub(" ", legible(plain))).lower())
    return " ".join(words) or plain
