"""What to do about a job that failed: whether trying again can help, and who can mend it."""

from dataclasses import dataclass
from typing import Literal

Remedy = Literal["upload", "retry", "operator"]


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step as a sentence, and the one that the page offers first."""

    words: str
    remedy: Remedy


_MEND = Advice("Trying again as it is won't help: mend the file, then upload it anew.", "upload")
_SPLIT = Advice(
    "It is too much for the limits set here: split the file or make it smaller, then upload it anew.", "upload"
)
_NAME = Advice("Trying again as it is won't help: open it and choose the column that holds the texts.", "upload")
_PASSING = Advice("Nothing is wrong with the document: try again.", "retry")
_BROKEN = Advice("Something is wrong with the installation: tell those who run it, then try again.", "operator")
_UNKNOWN = Advice("Try again. If it fails the same way, give those who run this site the id of the request.", "retry")

_BY_CODE = {
    **dict.fromkeys(("encrypted_pdf", "encrypted_docx", "empty_file", "unsupported_type", "type_mismatch"), _MEND),
    **dict.fromkeys(("malformed_pdf", "malformed_page", "malformed_image", "malformed_docx", "malformed_zip"), _MEND),
    **dict.fromkeys(("malformed_xml", "xml_with_dtd", "unknown_xml", "order_not_invoice"), _MEND),
    **dict.fromkeys(("no_rows", "malformed_xlsx", "malformed_json", "json_too_deep", "too_many_columns"), _MEND),
    **dict.fromkeys(("no_text_column", "unknown_column"), _NAME),
    **dict.fromkeys(("file_too_large", "too_many_pages", "too_many_pixels", "zip_too_large", "xml_too_large"), _SPLIT),
    **dict.fromkeys(("time_limit", "memory_limit", "parser_crashed"), _SPLIT),
    **dict.fromkeys(("storage_failed", "database_away", "interrupted", "worker_lost", "sandbox_unavailable"), _PASSING),
    **dict.fromkeys(("model_missing", "model_changed", "storage_damaged", "unknown_stage"), _BROKEN),
}


def advice(code: str) -> Advice:
    """For any code of docs/errors.md that a job can end with."""
    return _BY_CODE.get(code, _UNKNOWN)
