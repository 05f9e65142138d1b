"""The one tree of errors that have a cause people and programs can act on."""

from typing import Any


class DomainError(Exception):
    """A failure with a stable `code` (listed in docs/errors.md) and a sentence that says what, where and what to do.

    `permanent` tells the job engine that trying again can't help, `retry_after` tells clients in how many seconds it
    can. Subclasses stand for who can mend it; the HTTP status of each is given in config/errors.py.
    """

    permanent = True
    retry_after: int | None = None

    def __init__(self, code: str, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail
        self.retry_after = retry_after or self.retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail), self.__dict__


class InvalidInput(DomainError):
    """The request or the document can't be used as it is (422)."""


class TooLarge(InvalidInput):
    """More bytes, pages or pixels than the settings allow (413)."""


class UnsupportedType(InvalidInput):
    """A type of file that is not read here (415)."""


class Conflict(DomainError):
    """The state of the thing doesn't allow that now (409)."""


class PreconditionFailed(DomainError):
    """Somebody else changed the thing meanwhile (412)."""


class Unavailable(DomainError):
    """A service or resource is away for the moment (503, and retried by the job engine)."""

    permanent = False
    retry_after = 5


class RateLimited(DomainError):
    """More often than the settings allow (429)."""

    permanent = False


class BudgetExceeded(DomainError):
    """Native code was stopped because it used too much memory or time; `permanent`, for it would again."""
