"""What is to be computed."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.search.hits import Condition, Filters

Aggregate = Literal["sum", "count", "average", "minimum", "maximum", "list", "latest", "earliest", "vendors"]
Review = Literal["", "none", "done"]
Group = Literal["", "vendor", "month"]
Language = Literal["en", "de"]
DUE = "due_date"


@dataclass(frozen=True, slots=True)
class Request:
    """An aggregate of a field over the documents that hold all the rest; counts, of vendors too, have no field.

    `limit`: how many of the least, the most, the latest or the earliest are told; of days, all of a day.
    `review`: only what nobody, or somebody or the thresholds, approved.
    `currency` (ISO 4217) only where the question names one. `stranger`: no document is of a vendor of this name.
    """

    aggregate: Aggregate
    field: str = ""
    kinds: tuple[str, ...] = ()
    vendor: str = ""
    since: date | None = None
    until: date | None = None
    conditions: tuple[Condition, ...] = ()
    currency: str = ""
    group: Group = ""
    language: Language = "en"
    stranger: bool = False
    review: Review = ""
    limit: int = 1

    @property
    def counts(self) -> bool:
        """Whether its value is a number of something, and no amount."""
        return self.aggregate in ("count", "vendors")

    @property
    def needs_value(self) -> bool:
        """Whether a document without the field has no part in it."""
        return self.aggregate in ("sum", "average", "minimum", "maximum")

    @property
    def by_due_date(self) -> bool:
        return any(one.field == DUE for one in self.conditions)

    def filters(self) -> Filters:
        """Those that choose documents."""
        return Filters(
            kinds=self.kinds, vendor=self.vendor, since=self.since, until=self.until, conditions=self.conditions
        )
