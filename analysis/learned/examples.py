"""What there is to learn from: documents whose fields a person or a corpus vouches for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.pages import PageReading


@dataclass(frozen=True, slots=True)
class Example:
    """A document as it was read, with its right values as strings (ISO dates, decimals); unknown ones are absent.

    `issuer` keeps documents of one sender together: a fold holds all of them or none. `alternatives` has further
    values that count as right.
    """

    pages: list[PageReading]
    document_type: str
    fields: Mapping[str, str]
    issuer: str
    id: str
    alternatives: Mapping[str, Sequence[str]] | None = None

    def also(self, name: str) -> Sequence[str]:
        """The field's alternatives."""
        return (self.alternatives or {}).get(name, ())
