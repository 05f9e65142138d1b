"""Counts of right, wrong and missed values, and the measures made of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """Values asked for: `right` and `wrong` were found, `missed` were not; `exact` are right letter by letter."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    exact: int = 0

    def add(self, other: "Tally") -> None:
        self.right += other.right
        self.wrong += other.wrong
        self.missed += other.missed
        self.exact += other.exact

    @property
    def precision(self) -> float:
        """Of what was found, the share that is right."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of what was asked for, the share that was found right."""
        return _share(self.right, self.asked)

    @property
    def asked(self) -> int:
        return self.right + self.missed + self.wrong

    @property
    def f1(self) -> float:
        """2PR / (P + R): twice the right ones over found and asked for."""
        return _share(2 * self.right, self.right + self.wrong + self.asked)

    def as_dict(self) -> dict[str, float | int]:
        measures = {name: round(getattr(self, name), 4) for name in ("precision", "recall", "f1")}
        return {"right": self.right, "wrong": self.wrong, "missed": self.missed, "exact": self.exact, **measures}


@dataclass(slots=True)
class LineTally(Tally):
    """Line items; superfluous ones count as wrong without having been asked for."""

    superfluous: int = 0

    def add(self, other: Tally) -> None:
        # No super(): slots=True makes another class of this one, which the zero-argument form doesn't know.
        Tally.add(self, other)
        self.superfluous += other.superfluous if isinstance(other, LineTally) else 0

    @property
    def precision(self) -> float:
        return _share(self.right, self.right + self.wrong + self.superfluous)

    @property
    def f1(self) -> float:
        return _share(2 * self.right, self.right + self.wrong + self.superfluous + self.asked)

    def as_dict(self) -> dict[str, float | int]:
        return {**Tally.as_dict(self), "superfluous": self.superfluous}


@dataclass(slots=True)
class Scores:
    """Tallies per field over some documents."""

    documents: int = 0
    fields: dict[str, Tally] = field(default_factory=dict)

    def add(self, tallies: dict[str, Tally]) -> None:
        """One document more."""
        self.documents += 1
        for name, tally in tallies.items():
            self.fields.setdefault(name, type(tally)()).add(tally)

    @property
    def headers(self) -> dict[str, Tally]:
        """The fields proper, without the line items and the document's type."""
        return {name: tally for name, tally in self.fields.items() if name not in ("line_items", "document_type")}

    @property
    def mean_f1(self) -> float:
        """The mean over fields: each counts alike, however many documents have it."""
        return _share(sum(tally.f1 for tally in self.headers.values()), len(self.headers))

    @property
    def overall(self) -> Tally:
        """All fields as one: each value counts alike."""
        total = Tally()
        for tally in self.headers.values():
            total.add(tally)
        return total

    def as_dict(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "mean_field_f1": round(self.mean_f1, 4),
            "all_fields": self.overall.as_dict(),
            "fields": {name: tally.as_dict() for name, tally in sorted(self.fields.items())},
        }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
