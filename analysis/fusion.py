"""Fusion: what several engines read in the same document becomes one extraction, value by value."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from analysis.findings import Extraction, Found, LineItem

_MOST_SURE = 0.999  # engines that agree may still have misread the same smudge


def fuse(readings: Sequence[Extraction]) -> Extraction:
    """The extractions of one document as one: for each field the surest value, surer where engines agree.

    The first reading gives the document type; of readings that took the document for another type nothing is used.
    Line items come from the reading that is surest of its own, on average. `candidates` keeps all that was read.
    """
    first = readings[0]
    same = [one for one in readings if one.document_type == first.document_type]
    candidates = {name: _ranked(same, name) for name in dict.fromkeys(chain(*(one.fields for one in same)))}
    return Extraction(
        first.document_type,
        {name: found[0] for name, found in candidates.items()},
        max((one.line_items for one in same), key=_certainty),
        {name: value for one in reversed(same) for name, value in one.extra.items()},
        [issue for one in same for issue in one.issues],
        "+".join(dict.fromkeys(one.model_version for one in same)),
        candidates,
    )


def _ranked(readings: Sequence[Extraction], name: str) -> tuple[Found, ...]:
    """Each value once, the surest first: of equal values the best reading, with the certainty of all together."""
    found = [one.fields[name] for one in readings if name in one.fields]
    found += [other for one in readings for other in one.candidates.get(name, ()) if other not in found]
    best: dict[str, list[Found]] = {}
    for one in found:
        best.setdefault(repr(one.value), []).append(one)
    return tuple(sorted(map(_agreed, best.values()), key=lambda one: -one.confidence))


def _agreed(same: Sequence[Found]) -> Found:
    """Doubts multiply, once for each source; repeated readings of one source add nothing."""
    by_source = {one.source: one.confidence for one in sorted(same, key=lambda one: one.confidence)}
    doubt = 1.0
    for confidence in by_source.values():
        doubt *= 1 - confidence
    best = max(same, key=lambda one: (one.confidence, one.box is not None))
    return replace(best, confidence=max(best.confidence, min(1 - doubt, _MOST_SURE)))


def _certainty(items: Sequence[LineItem]) -> float:
    return sum(item.confidence for item in items) / len(items) if items else 0.0
