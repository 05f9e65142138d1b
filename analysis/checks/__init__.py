"""Checks: what must hold in a document, as small functions from an extraction to the issues found."""

from analysis import document_types
from analysis.checks import amounts, currency, required
from analysis.findings import Extraction, Validation

__all__ = ["validate"]


def validate(extraction: Extraction) -> Validation:
    """All issues of the extraction; valid means that none of them is an error.

    Issues that came up during the extraction are among them.
    """
    kind = document_types.known(extraction.document_type)
    issues = [*extraction.issues]
    for check in (required.check, currency.check, *kind.checks):
        issues += check(extraction)
    is_valid = all(issue.severity != "error" for issue in issues)
    return Validation(is_valid, amounts.math_ok(extraction), issues)
