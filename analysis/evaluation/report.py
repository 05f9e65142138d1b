"""The report of an evaluation of extraction: by family, half and issuer group."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.evaluation.scores import Scores, Tally
from analysis.evaluation.truth import Case

_GROUPS_SHOWN = 20


@dataclass(slots=True)
class ExtractionReport:
    """Scores of all documents, and of the parts that they fall into."""

    total: Scores = field(default_factory=Scores)
    families: dict[str, Scores] = field(default_factory=dict)
    halves: dict[str, dict[str, Scores]] = field(default_factory=dict)
    groups: dict[str, Scores] = field(default_factory=dict)
    mistakes: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def add(self, case: Case, tallies: dict[str, Tally], mistakes: dict[str, tuple[Any, Any]], error: str) -> None:
        """One document more. Mistakes are kept of the development half only, so that the other stays unseen."""
        for scores in (
            self.total,
            self.families.setdefault(case.family, Scores()),
            self.halves.setdefault(case.family, {}).setdefault(case.half, Scores()),
            self.groups.setdefault(case.issuer_group, Scores()),
        ):
            scores.add(tallies)
        if mistakes and case.half == "development":
            self.mistakes[case.id] = {name: {"truth": t, "found": f} for name, (t, f) in mistakes.items()}
        if error:
            self.errors[case.id] = error

    def as_dict(self) -> dict[str, Any]:
        return {
            "total": self.total.as_dict(),
            "families": {name: scores.as_dict() for name, scores in self.families.items()},
            "halves": {
                family: {half: scores.as_dict() for half, scores in halves.items()}
                for family, halves in self.halves.items()
            },
            "issuer_groups": {name: scores.as_dict() for name, scores in self.groups.items()},
            "mistakes_in_development_half": self.mistakes,
            "errors": self.errors,
        }

    def show(self, console: Console) -> None:
        for family, scores in self.families.items():
            console.print(_fields_table(f"{family}: {scores.documents} documents", scores))
            console.print(_halves_table(self.halves[family]))
        console.print(self._groups_table())
        for id, error in self.errors.items():
            console.print(f"[bold]{id}[/bold] could not be read: {error}")

    def _groups_table(self) -> Table:
        worst = sorted(self.groups.items(), key=lambda item: (item[1].overall.f1, item[0]))
        hidden = len(worst) - _GROUPS_SHOWN
        title = "Issuer groups, the worst first" + (f" (and {hidden} better ones, see --json)" if hidden > 0 else "")
        table = _table(title, "documents", "right", "wrong", "missed", "F1", "lines F1")
        for name, scores in worst[:_GROUPS_SHOWN]:
            overall, lines = scores.overall, scores.fields.get("line_items")
            counts = (scores.documents, overall.right, overall.wrong, overall.missed)
            table.add_row(name, *map(str, counts), _share(overall.f1), _share(lines.f1) if lines else "")
        return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _fields_table(title: str, scores: Scores) -> Table:
    table = _table(title, "right", "wrong", "missed", "precision", "recall", "F1", "exact")
    order = [*sorted(scores.headers), *(name for name in ("line_items", "document_type") if name in scores.fields)]
    for name in order:
        tally = scores.fields[name]
        measures = (tally.precision, tally.recall, tally.f1)
        counts = map(str, (tally.right, tally.wrong, tally.missed))
        table.add_row(
            name, *counts, *map(_share, measures), str(tally.exact), end_section=name == sorted(scores.headers)[-1]
        )
    return table


def _halves_table(halves: dict[str, Scores]) -> Table:
    table = _table("", "documents", "mean F1 of fields", "F1 of all values", "lines F1")
    for half, scores in sorted(halves.items()):
        lines = scores.fields.get("line_items")
        measures = (_share(scores.mean_f1), _share(scores.overall.f1), _share(lines.f1) if lines else "")
        table.add_row(half, str(scores.documents), *measures)
    return table


def _share(value: float) -> str:
    return f"{100 * value:.1f}"
