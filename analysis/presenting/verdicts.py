"""The verdict on a whole document, as its stamp says it, and the issues behind it as sentences."""

from dataclasses import dataclass
from typing import Any

from analysis.models import Result
from analysis.presenting.fields import Tone, label_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stamp says, and the sentence that explains it."""

    word: str
    tone: Tone
    icon: str
    detail: str


@dataclass(frozen=True, slots=True)
class ShownIssue:
    """Something that a check found wrong, with the fields it is about as (name, label)."""

    detail: str
    tone: Tone
    fields: tuple[tuple[str, str], ...]


def verdict(result: Result) -> Verdict:
    """What checks and people say of a result."""
    if result.review_status == Result.ReviewStatus.APPROVED:
        return Verdict("Approved", "good", "check", _approved(result))
    found, errors = result.validation, _errors(result)
    if not found:
        return Verdict("Not checked", "plain", "likely", "No checks have run on these values.")
    if found.get("math_ok") is False:
        return Verdict("Doesn't add up", "error", "cross", "The amounts don't agree with each other.")
    if errors:
        return Verdict(f"{errors} to check", "error", "cross", "Some values can't be right as they are.")
    if found.get("issues"):
        return Verdict("Look again", "warning", "doubtful", "Nothing is wrong, but something is unusual.")
    if found.get("math_ok"):
        return Verdict("Adds up", "good", "check", "Every sum that could be checked agrees to the cent.")
    return Verdict("Read", "plain", "sure", "There were no sums to check, and nothing else is wrong.")


def issues(result: Result) -> list[ShownIssue]:
    """Errors first."""
    found = [_shown(issue) for issue in result.validation.get("issues", [])]
    return sorted(found, key=lambda issue: issue.tone != "error")


def _shown(issue: dict[str, Any]) -> ShownIssue:
    tone: Tone = "error" if issue.get("severity", "error") == "error" else "warning"
    names = issue.get("fields", ())
    return ShownIssue(issue["detail"], tone, tuple((name, label_of(name)) for name in names))


def _errors(result: Result) -> int:
    return sum(issue.tone == "error" for issue in issues(result))


def _approved(result: Result) -> str:
    by = result.approved_by.get_username() if result.approved_by else "a person"
    return f"{by} has confirmed these values."
