"""The language model as one more reader of a document's fields; without it, documents are read all the same."""

from collections.abc import Callable, Sequence

from django.conf import settings

from analysis import document_types
from analysis.document_types import DocumentType
from analysis.engines.llm import answers, client, prompts, schemas
from analysis.engines.llm.grounding import Print
from analysis.findings import Extraction, Issue
from documents.errors import BudgetExceeded, InvalidInput, Unavailable
from documents.pages import PageReading

PURPOSE = "extract"

Draw = Callable[[PageReading], bytes]  # a page as a PNG


def readings(name: str, pages: Sequence[PageReading], draw: Draw | None = None) -> list[Extraction]:
    """What the model reads as the document type of that name: one extraction, or none where it is not to be asked.

    When it gives no answer, the extraction is empty but for a warning.
    """
    document_type = document_types.known(name)
    if not client.is_configured() or not _is_wanted(document_type) or not any(page.words for page in pages):
        return []
    try:
        return [_read(document_type, pages, draw)]
    except (Unavailable, InvalidInput, BudgetExceeded) as error:
        detail = f"The language model gave no answer ({error.detail}) The document was read without it."
        issue = Issue("llm_not_asked", detail, severity="warning")
        return [Extraction(name, issues=[issue], model_version="llm:none")]


def _is_wanted(document_type: DocumentType) -> bool:
    wanted = settings.LLM_DOCUMENT_TYPES
    return bool(document_type.fields) and (not wanted or document_type.name in wanted)


def _read(document_type: DocumentType, pages: Sequence[PageReading], draw: Draw | None) -> Extraction:
    """Values are looked for on all pages that it was shown."""
    shown = prompts.within_budget([page for page in pages if page.words], settings.LLM_DOCUMENT_TOKENS)
    schema = schemas.of(document_type)
    chat = prompts.messages(document_type, schema, shown, _images(shown, draw))
    answer = client.complete(chat, purpose=PURPOSE, schema=schema).data
    printed = Print(shown)
    return Extraction(
        document_type.name,
        answers.fields(answer, document_type, printed),
        answers.line_items(answer, printed) if schemas.has_line_items(document_type) else [],
        model_version=f"llm:{client.model()}",
    )


def _images(pages: Sequence[PageReading], draw: Draw | None) -> list[bytes]:
    """The first pages' images; a page of markup has none."""
    if draw is None:
        return []
    seen = [page for page in pages if page.source in ("text", "ocr")]
    return [draw(page) for page in seen[: settings.LLM_IMAGES]]
