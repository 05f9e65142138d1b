"""What is to be computed."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.search.hits import Condition, Filters

Aggregate = Literal["sum", "count", "average", "minimum", "maximum"]
Group = Literal["", "vendor", "month"]
Language = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Request:
    """An aggregate of a field over the documents that hold all the rest; a count has no field.

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

    def filters(self) -> Filters:
        """Those that choose documents."""
        return Filters(
            kinds=self.kinds, vendor=self.vendor, since=self.since, until=self.until, conditions=self.conditions
        )
