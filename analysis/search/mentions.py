"""Where a question names a vendor: "of Kraxi", "Kraxi's invoices", "how much did we pay Kraxi?"."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis.search import vendors

_LEADING = re.compile(r"(?<!\w)(?:of|from|by|at|von|vom|bei|der|aus)\s+", re.I)
_ABOUT = re.compile(r"(?<!\w)(?:for|about|on|für|über|wegen)(?:\s+(?:the|a|an|my|our|den|die|das|unsere?n?))?\s+", re.I)
_WORD = re.compile(r"[^\s,;?!]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST_NAME = 6  # words
_SHORTEST = 3  # letters of a name that no capital shows to be one
_GENITIVE = 5  # letters from which on an s at the end of a German name may be its case

# Words that many vendors' names begin with and that people say without meaning one.
_COMMON_WORDS = """
account active air all alpha american april art auto baker bakery bank bar best better big bio blue book books building
business cafe capital care center central centre city clean clinic club coffee company computer consulting craft credit
data dental design deutsche digital direct doctor dream east easy electric energie energy engineering euro europe
european express fair fashion fast finance fire first fitness food free fresh garden gas gate general german global gold
golden good grand green group handel handwerk haus health help hi home hotel house ideal image immobilien ink insurance
international internet job kredit labor land law lieferant life light line lion local logistics market maschinen may mai
media medical metro micro mobile modern money motor muster national nature net network new next nord north office old
omega online open optik orange oriental original outdoor paper park parking payment people personal pharma photo physio
post power praxis premium press prime print pro professional quick real red regional reise research restaurant royal
safe sale school security seller sell service services shop simple smart social software solar solution solutions sound
south special sport sports standard star steuer store street studio sun super supplier support system systems taxi team
tech technical technik telecom the toner top total tour trade trading trans transport travel union united universal
user value vendor verlag versicherung vision wasser water web werbung west white wine wohnen work world your zahlung
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters `start` to `end` of a question, which call somebody `said`.

    `name` is that as `vendors.asked_name` has it. `led`: it stands where vendors do, after "of" and the like or with
    an 's.
    """

    start: int
    end: int
    said: str
    name: str
    led: bool

    @property
    def is_capital(self) -> bool:
        return self.said[:1].isupper() or self.said[:1].isdigit()

    @property
    def is_common(self) -> bool:
        return self.name in _COMMON

    @property
    def _weight(self) -> tuple[int, int]:
        return len(self.name), self.end - self.start


def find(text: str, *, anywhere: bool) -> Mention | None:
    """The longest run of words that is the name of a vendor in the caller's scope, or that one's name begins with.

    `anywhere`: the text asks for documents, so that a name may stand wherever it does. What else the name might mean
    must not be: a common word counts only after "of" and the like, and the beginning of a name with a capital letter.
    """
    runs = [run for run in _runs(text) if run.led or (anywhere and not run.is_common)]
    named = _named(runs, vendors.known({run.name for run in runs}))
    if not named:
        begun = [run for run in runs if run.is_capital or (run.led and anywhere and not run.is_common)]
        named = _named(begun, vendors.beginning({run.name for run in begun}))
    return max(named, key=lambda run: run._weight, default=None)


def _named(runs: Iterable[Mention], names: Iterable[str]) -> list[Mention]:
    held = set(names)
    return [run for run in runs if run.name in held]


def _runs(text: str) -> Iterator[Mention]:
    """Up to some words in a row, from each word on."""
    words = [found.span() for found in _WORD.finditer(text)]
    leading = {found.end() for found in _LEADING.finditer(text)}
    about = {found.end() for found in _ABOUT.finditer(text)}
    for first, (start, _) in enumerate(words):
        if start not in about or text[start].isupper():
            for _, end in words[first : first + _LONGEST_NAME]:
                yield from _readings(text, start, end, led=start in leading)


def _readings(text: str, start: int, end: int, *, led: bool) -> Iterator[Mention]:
    """The words as they stand, and without the ending by which something is theirs."""
    said = text[start:end].rstrip(".:")
    readings = [(said, led)]
    if (bare := _POSSESSIVE.sub("", said)) != said:
        readings = [(bare, True)]
    elif said[:1].isupper() and said.endswith("s") and len(said) > _GENITIVE:
        readings.append((said[:-1], led))
    for one, is_led in readings:
        name = vendors.asked_name(one)
        if len(name) >= _SHORTEST or (len(name) > 1 and one.isupper()):
            yield Mention(start, end, one, name, is_led)
