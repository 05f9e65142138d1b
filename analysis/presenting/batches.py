"""Batches of reviews as pages show them: their names, where they stand, which columns they could be judged by."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.models.reviews import ReviewBatch, ReviewRow
from analysis.presenting import sentiments
from analysis.presenting.progress import State, stage_words, state
from analysis.presenting.sentiments import Columns, Group, Mark, Share
from analysis.reviews import listing
from jobs.models import Job, Status

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_CUT = 40  # characters after which a message cuts the name of a column
_LISTED = "; there are "
WITHOUT_COLUMN = ("no_text_column", "unknown_column")


@dataclass(frozen=True)
class Batch:
    """A batch with its job and file; what costs a query is asked for when it is first shown."""

    batch: ReviewBatch

    @property
    def job(self) -> Job:
        return self.batch.job

    @property
    def name(self) -> str:
        return self.job.document.filename if self.job.document else "One text"

    @property
    def state(self) -> State:
        if self.job.status == Status.WORKING:
            return State("Being judged", "plain", "working")
        return state(self.job)

    @property
    def stage(self) -> str:
        return stage_words(self.job.stage)

    @cached_property
    def statistics(self) -> Mapping[str, Any]:
        return listing.statistics_of(self.batch)

    @cached_property
    def shares(self) -> list[Share]:
        return sentiments.overall(self.statistics)

    @property
    def columns(self) -> Columns | None:
        return sentiments.over_time(self.statistics["by_day"])

    @property
    def groups(self) -> list[tuple[str, list[Group]]]:
        """By each column of the file that groups its rows, and by language if there are several."""
        found = [(name, sentiments.groups(values)) for name, values in self.statistics["by"].items()]
        if len(self.statistics["by_language"]) > 1:
            found.append(("language", sentiments.groups(self.statistics["by_language"])))
        return found

    @property
    def text_column(self) -> str:
        layout = self.batch.layout
        return str(layout["columns"][layout["text"]]) if layout else ""

    @property
    def other_columns(self) -> list[str]:
        """That the file could be judged by instead; when it failed, those that the error names."""
        if self.job.error_code in WITHOUT_COLUMN:
            return named_columns(self.job.error_detail)
        return [name for name in self.batch.layout.get("columns", []) if name != self.text_column]


@dataclass(frozen=True, slots=True)
class Row:
    """A judged row with its verdict in words."""

    row: ReviewRow

    @property
    def mark(self) -> Mark:
        return sentiments.mark(self.row.label)

    @property
    def words(self) -> str:
        return "said by a person" if self.row.corrected else sentiments.confidence_words(self.row.confidence or 0.0)

    @property
    def percent(self) -> str:
        return f"{100 * (self.row.confidence or 0.0):.0f}"


def named_columns(detail: str) -> list[str]:
    """The columns that a message about them lists; without those whose names it had to cut."""
    listed = detail.partition(_LISTED)[2]
    names = [str(ast.literal_eval(quoted)) for quoted in _QUOTED.findall(listed)]
    return [name for name in names if 0 < len(name) < _CUT]
