"""The numbers that Word makes for headings: "2.1" stands in no text, but follows from the document's numbering."""

from collections import defaultdict
from dataclasses import dataclass, field

from lxml import etree

from analysis.reading.ooxml import attribute, name_of, value_of

MAX_DEPTH = 9
_LONGEST = 40  # characters of a number's pattern
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True, slots=True)
class Level:
    """How a level is numbered: `form` is Word's name of it, `pattern` has %1 for the first level's number."""

    form: str = "decimal"
    pattern: str = ""
    start: int = 1


@dataclass
class Numbering:
    """The lists of a document by `numId`, with the numbers that they have reached."""

    abstract: dict[str, str] = field(default_factory=dict)
    levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    _reached: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, root: etree._Element) -> "Numbering":
        """From the root of word/numbering.xml."""
        numbering = cls()
        for element in root.iterchildren("*"):
            if name_of(element) == "abstractNum":
                levels = (one for one in element.iterchildren("*") if name_of(one) == "lvl")
                known = {int(depth): _level(one) for one in levels if (depth := attribute(one, "ilvl") or "").isdigit()}
                numbering.levels[attribute(element, "abstractNumId") or ""] = known
            elif name_of(element) == "num":
                numbering.abstract[attribute(element, "numId") or ""] = value_of(element, "abstractNumId") or ""
        return numbering

    def next(self, number_id: str, depth: int) -> str:
        """The number of the next paragraph of the list at this depth, from 0; "" for bullets and unknown lists."""
        list_id = self.abstract.get(number_id, "")
        levels, reached = self.levels.get(list_id, {}), self._reached[list_id]
        level = levels.get(depth)
        if level is None or depth >= MAX_DEPTH:
            return ""
        reached[depth] = reached.get(depth, level.start - 1) + 1
        for deeper in [other for other in reached if other > depth]:
            del reached[deeper]
        if level.form in ("bullet", "none"):
            return ""
        text = level.pattern
        for other in range(depth + 1):
            given = levels.get(other, Level())
            text = text.replace(f"%{other + 1}", _written(reached.get(other, given.start), given.form))
        return text.strip()


def _level(element: etree._Element) -> Level:
    start = value_of(element, "start") or "1"
    pattern = (value_of(element, "lvlText") or "")[:_LONGEST]
    return Level(value_of(element, "numFmt") or "decimal", pattern, int(start) if start.isdigit() else 1)


def _written(number: int, form: str) -> str:
    match form:
        case "lowerLetter" | "upperLetter":
            letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letter if form == "lowerLetter" else letter.upper()
        case "lowerRoman":
            return _roman(number).lower()
        case "upperRoman":
            return _roman(number)
        case "decimalZero":
            return f"{number:02}"
        case _:
            return str(number)


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN if number < 50 else ():
        text, number = text + sign * (number // value), number % value
    return text or str(number)
