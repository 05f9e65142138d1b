"""Failures of the engine itself, beside those of documents.errors."""

from documents.errors import DomainError


class LeaseLost(Exception):
    """Another worker has the task now, or it was cancelled: what was computed is thrown away."""


class TransientFailure(DomainError):
    """Something outside went wrong; trying again may help."""

    permanent = False


def cause_of(error: BaseException) -> tuple[str, str, bool]:
    """(code, detail, permanent) of any error. Of foreign ones the kind alone: their text may quote documents."""
    if isinstance(error, DomainError):
        return error.code, error.detail, error.permanent
    return "internal_error", f"{type(error).__name__}: see the worker's log for the trace.", False
