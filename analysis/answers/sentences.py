"""The sentences of a passage, in any language: where each begins and ends."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

# What ends a sentence, with quotes and brackets that close after it. Chinese and Japanese set no blank behind it.
_END = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s|$)|[。！？｡]+[」』”’）》】]*|\n\s*\n|\n(?=\s*(?:[-•*–]|\d{1,2}[.)])\s)")
_ABBREVIATIONS_WORDS = """
mr mrs ms dr prof st sr jr vs etc e.g i.e cf no nr art abs al approx inc ltd corp co fig figs sec vol pp p ed
eds gen col lt sgt capt rev hon gov sen rep jan feb mar apr jun jul aug sep sept oct nov dec est bzw z.b d.h
u.a o.ä ca ggf evtl inkl exkl zzgl usw vgl str tel hr fr abb bd dipl ing s sog u.s u.k a.m p.m sra sres ud uds
pág núm av mme mlle env ex т.е т.д т.п г гг им ул стр рис см др örn vb yy
abt anm aufl bspw bzgl dgl einschl gem geb gegr ges hrsg inh jh jhd urspr avda depto dña dpto ee uu ff aa
chap éd réf tél doç yrd bkz mah cad sok акад гл млн млрд обл проф ред руб тыс тел
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_WORDS.split())
_WORD_BEFORE = re.compile(r"(\S+?)[.!?…]*$")
_NEXT = re.compile(r"\s*(\w+)")
# "am 3. März", "der 1. Preis": what a number behind or before it is no end of a sentence.
_BEFORE_WORDS = "ab am beim bis dem den der des die das im seit vom zum anfang mitte ende"
_BEFORE_ORDINALS = frozenset(_BEFORE_WORDS.split())
_MONTHS_WORDS = "januar jänner februar feber märz april mai juni juli august september oktober november dezember"
_MONTHS = frozenset(_MONTHS_WORDS.split())
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_DIGITS = re.compile(r"\(?\d{1,3}")


def split(text: str) -> list[Span]:
    """Offsets of each sentence, without white space around it; together they hold all words of the text."""
    return list(_spans(text))


def _spans(text: str) -> Iterator[Span]:
    start = 0
    for found in _END.finditer(text):
        if not found[0].isspace() and _goes_on(text, start, found):
            continue
        if (span := _bare(text, start, found.end())) is not None:
            yield span
        start = found.end()
    if (span := _bare(text, start, len(text))) is not None:
        yield span


def _goes_on(text: str, start: int, found: re.Match[str]) -> bool:
    """Whether the mark belongs to an abbreviation, an initial or an ordinal number, or the sentence goes on."""
    if found[0][0] != ".":
        return found[0][0] in "!?…" and _opens_lower(text, found.end())
    if found[0][-1] not in ".!?…":
        return False  # a quotation closes behind it
    before = _WORD_BEFORE.search(text[start : found.start()])
    word = before[1].lstrip("([\"'“„«") if before else ""
    if word.casefold() in _ABBREVIATIONS or (_INITIALS.fullmatch(word) and not _is_sign(word)):
        return True
    if _DIGITS.fullmatch(word) and start == found.start() - len(word) - _blanks(text, start):
        return True  # "3. Safety": a number that begins a line
    return _opens_lower(text, found.end()) or (_DIGITS.fullmatch(word) is not None and _is_ordinal(text, start, found))


def _opens_lower(text: str, end: int) -> bool:
    following = _NEXT.match(text, end)
    return bool(following and following[1][0].islower())


def _is_ordinal(text: str, start: int, found: re.Match[str]) -> bool:
    """Whether a number with a full stop is one of an order, by the words beside it (German: nouns are large)."""
    following, words = _NEXT.match(text, found.end()), text[start : found.start()].split()
    if following is None:
        return False
    return following[1].casefold() in _MONTHS or (len(words) > 1 and words[-2].casefold() in _BEFORE_ORDINALS)


def _blanks(text: str, start: int) -> int:
    return len(text[start:]) - len(text[start:].lstrip())


def _is_sign(word: str) -> bool:
    return "\u2e80" <= word <= "\uffef"


def _bare(text: str, start: int, end: int) -> Span | None:
    inside = text[start:end]
    bare = inside.strip()
    first = start + len(inside) - len(inside.lstrip())
    return (first, first + len(bare)) if any(map(str.isalnum, bare)) else None
