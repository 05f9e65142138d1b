"""Verdicts on reviews in words, and their counts as bars and columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analysis.models.reviews import Label
from analysis.presenting.fields import Tone

# The word, tone and sign of each class, in the order of all bars and tables.
MARKS: dict[str, tuple[str, Tone, str]] = {
    Label.POSITIVE: ("Positive", "good", "smile"),
    Label.NEUTRAL: ("Neutral", "plain", "flat"),
    Label.NEGATIVE: ("Negative", "error", "frown"),
}
# Confidence from so much on, in words.
CONFIDENCE = ((0.9, "very sure"), (0.75, "sure"), (0.6, "fairly sure"), (0.0, "unsure"))
WIDTH = 1_000  # of a bar
_MOST_COLUMNS = 62  # two months of days
_TALL, _WIDE = 120, 560  # of the figure of columns


@dataclass(frozen=True, slots=True)
class Mark:
    word: str
    tone: Tone
    icon: str


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one class in a bar that is WIDTH wide."""

    label: str
    mark: Mark
    count: int
    percent: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one value of a column, or of one span of days."""

    name: str
    total: int
    shares: list[Share]


@dataclass(frozen=True, slots=True)
class Column:
    """A group as a column of a figure; `segments` are (label, y, height) from the ground up."""

    group: Group
    x: float
    segments: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns over time; `unit` is day, month or year."""

    unit: str
    width: int
    height: int
    bar: float
    most: int
    columns: list[Column]


def mark(label: str) -> Mark:
    return Mark(*MARKS[label])


def marks() -> list[tuple[str, Mark]]:
    """All classes, in order."""
    return [(label, mark(label)) for label in MARKS]


def confidence_words(confidence: float) -> str:
    return next(words for least, words in CONFIDENCE if confidence >= least)


def shares(counts: Mapping[str, int]) -> list[Share]:
    """Counts by label as the parts of a bar."""
    total = sum(counts.get(label, 0) for label in MARKS)
    found, x = [], 0.0
    for label in MARKS:
        count = counts.get(label, 0)
        width = WIDTH * count / total if total else 0.0
        percent = round(100 * count / total, 1) if total else 0.0
        found.append(Share(label, mark(label), count, percent, round(x, 2), round(width, 2)))
        x += width
    return found


def overall(statistics: Mapping[str, Any]) -> list[Share]:
    """The bar of a whole batch, from its statistics as the API shows them."""
    return shares({label: statistics[label]["count"] for label in MARKS})


def groups(found: Mapping[str, Mapping[str, int]]) -> list[Group]:
    """One bar for each value, in the order given."""
    return [Group(name, counts["total"], shares(counts)) for name, counts in found.items()]


def over_time(by_day: Mapping[str, Mapping[str, int]]) -> Columns | None:
    """Days as columns; months or years if there are too many days. None for fewer than two."""
    if len(by_day) < 2:
        return None
    unit, spans = _spans(sorted(by_day))
    summed: dict[str, dict[str, int]] = {span: dict.fromkeys(("total", *MARKS), 0) for span in spans}
    length = len(spans[0])
    for day, counts in by_day.items():
        if (into := summed.get(day[:length])) is not None:
            for name in into:
                into[name] += counts[name]
    return _columns(unit, groups(summed))


def _spans(days: list[str]) -> tuple[str, list[str]]:
    """All days between the first and the last, or all months, or the latest years; none is left out."""
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    between = (last - first).days + 1
    if between <= _MOST_COLUMNS:
        return "day", [(first + timedelta(number)).isoformat() for number in range(between)]
    months = [12 * one.year + one.month - 1 for one in (first, last)]
    if months[1] - months[0] < _MOST_COLUMNS:
        return "month", [f"{one // 12:04}-{one % 12 + 1:02}" for one in range(months[0], months[1] + 1)]
    return "year", [f"{year:04}" for year in range(max(first.year, last.year - _MOST_COLUMNS + 1), last.year + 1)]


def _columns(unit: str, found: list[Group]) -> Columns:
    most = max(group.total for group in found)
    step = _WIDE / len(found)
    drawn = [Column(group, round(step * (at + 0.12), 2), _segments(group, most)) for at, group in enumerate(found)]
    return Columns(unit, _WIDE, _TALL, round(step * 0.76, 2), most, drawn)


def _segments(group: Group, most: int) -> list[tuple[str, float, float]]:
    segments, y = [], float(_TALL)
    for share in reversed(group.shares):
        if share.count:
            tall = max(_TALL * share.count / most, 1.0)
            y -= tall
            segments.append((share.label, round(y, 2), round(tall, 2)))
    return segments
