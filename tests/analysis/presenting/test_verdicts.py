"""The stamp and the issues behind it."""

import pytest

from analysis.models import Result
from analysis.presenting.verdicts import issues, verdict
from documents.models import User

ERROR = {"code": "iban", "detail": "Wrong check digits.", "fields": ["iban"], "severity": "error"}
WARNING = {"code": "old", "detail": "Dated far back.", "fields": [], "severity": "warning"}


def validation(*found, math_ok=None) -> dict:
    return {"is_valid": ERROR not in found, "math_ok": math_ok, "issues": list(found)}


@pytest.mark.parametrize(
    ("given", "word", "tone"),
    [
        ({}, "Not checked", "plain"),
        (validation(math_ok=True), "Adds up", "good"),
        (validation(), "Read", "plain"),
        (validation(ERROR, math_ok=False), "Doesn't add up", "error"),
        (validation(ERROR, WARNING, math_ok=True), "1 to check", "error"),
        (validation(WARNING, math_ok=True), "Look again", "warning"),
    ],
)
def test_the_stamp(given, word, tone):
    found = verdict(Result(validation=given))
    assert (found.word, found.tone) == (word, tone)
    assert found.detail.endswith(".")


def test_a_person_has_the_last_word():
    approved = Result(validation=validation(ERROR), review_status="approved", approved_by=User(username="anna"))
    assert verdict(approved).word == "Approved"
    assert "anna" in verdict(approved).detail
    assert "a person" in verdict(Result(review_status="approved")).detail


def test_errors_come_before_warnings_with_labels():
    first, second = issues(Result(validation=validation(WARNING, ERROR)))
    assert (first.tone, first.fields) == ("error", (("iban", "IBAN"),))
    assert (second.tone, second.fields) == ("warning", ())
