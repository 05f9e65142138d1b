"""Fields that a document of its type should have."""

from analysis import document_types
from analysis.findings import Extraction, Issue


def check(extraction: Extraction) -> list[Issue]:
    """A warning for each required field that was not found."""
    fields = document_types.known(extraction.document_type).fields
    return [
        Issue(
            "missing_field",
            f"{spec.label} was not found; look for it on the page and fill it in.",
            (name,),
            severity="warning",
        )
        for name, spec in fields.items()
        if spec.required and name not in extraction.fields
    ]
