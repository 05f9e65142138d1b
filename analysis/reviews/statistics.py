"""What is counted of verdicts: part by part, and added up, so that what is known so far costs little to tell."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.models.reviews import Label
from analysis.reviews import columns
from analysis.reviews.tables import Layout

_GROUPINGS = ("by", "by_day", "by_language")
_EMPTY = "(empty)"

Counts = dict[str, Any]


def nothing() -> Counts:
    """`labels` count the classified; `confidence` is the sum of theirs; groupings are {value: {label: count}}."""
    return {"total": 0, "refused": 0, "labels": {}, "confidence": 0.0, "by": {}, "by_day": {}, "by_language": {}}


def count(layout: Layout, rows: Iterable[tuple[Sequence[str], str, float | None, str]]) -> Counts:
    """Of (cells, label, confidence, language) of rows; a blank label is a row that was refused."""
    counts = nothing()
    counts["by"] = {layout.columns[place]: {} for place in layout.groups}
    for cells, label, confidence, language in rows:
        counts["total"] += 1
        if not label:
            counts["refused"] += 1
            continue
        _add(counts["labels"], label)
        counts["confidence"] += confidence or 0.0
        _add(counts["by_language"].setdefault(language or "unknown", {}), label)
        for place in layout.groups:
            value = " ".join(_cell(cells, place).replace("\0", "").split()) or _EMPTY
            _add(counts["by"][layout.columns[place]].setdefault(value, {}), label)
        if layout.day is not None and (day := columns.day_of(_cell(cells, layout.day), day_first=layout.day_first)):
            _add(counts["by_day"].setdefault(day, {}), label)
    return counts


def added(parts: Iterable[Counts]) -> Counts:
    """The sum of parts."""
    total = nothing()
    for part in parts:
        _merge(total, part)
    return total


def moved(total: Counts, before: Counts, after: Counts) -> Counts:
    """The sum after one of its parts has changed."""
    found = added([total, after])
    _merge(found, before, sign=-1)
    for groups in (*found["by"].values(), found["by_day"], found["by_language"]):
        for value in [value for value, labels in groups.items() if not any(labels.values())]:
            del groups[value]
    return found


def shown(counts: Mapping[str, Any], total: int | None) -> dict[str, Any]:
    """As the API shows them. `total` are all rows, judged or not yet; None while that isn't known."""
    labels = counts["labels"]
    classified = sum(labels.values())
    told: dict[str, Any] = {"total": total, "classified": classified, "refused": counts["refused"]}
    for label in Label.values:
        told[label] = {"count": labels.get(label, 0), "percent": _percent(labels.get(label, 0), classified)}
    told["mean_confidence"] = round(counts["confidence"] / classified, 4) if classified else None
    told["by_language"] = _whole(counts["by_language"])
    told["by"] = {column: _whole(values) for column, values in counts["by"].items()}
    told["by_day"] = dict(sorted(_whole(counts["by_day"]).items()))
    return told


def _add(to: dict[str, int], label: str) -> None:
    to[label] = to.get(label, 0) + 1


def _merge(into: dict[str, Any], other: Mapping[str, Any], sign: int = 1) -> None:
    for name, value in other.items():
        if isinstance(value, Mapping):
            _merge(into.setdefault(name, {}), value, sign)
        else:
            into[name] = into.get(name, 0) + sign * value


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _whole(groups: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Each group with all labels, the largest first."""
    found = {
        value: {"total": sum(labels.values()), **{label: labels.get(label, 0) for label in Label.values}}
        for value, labels in groups.items()
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]["total"]))
