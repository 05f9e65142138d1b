"""What people say of reviews that were judged wrongly, and what is learned from it."""

from collections.abc import Iterator

from analysis.models.reviews import Label, ReviewBatch, ReviewCorrection, ReviewRow
from analysis.reviews import store
from documents.errors import InvalidInput
from documents.models import User


def correct(row_id: int, label: str, *, user: User | None) -> ReviewCorrection | None:
    """Gives a row another label, in the caller's transaction and scope; None if it has that label already.

    Statistics follow. Raises InvalidInput `unknown_label` or `text_empty`, and ReviewRow.DoesNotExist.
    """
    if label not in Label.values:
        raise InvalidInput("unknown_label", f"There is no label {label[:20]!r}; use one of {', '.join(Label.values)}.")
    row = ReviewRow.objects.get(pk=row_id)
    batch = ReviewBatch.objects.select_for_update(of=("self",)).get(pk=row.batch_id)
    row = ReviewRow.objects.select_for_update(of=("self",)).get(pk=row_id)
    if row.label == label:
        return None
    if not row.text:
        raise InvalidInput("text_empty", "The row has no text, so it has no label. Correct the file and send it again.")
    said = ReviewCorrection.objects.create(
        workspace_id=row.workspace_id,
        batch=batch,
        row=row.row,
        text=row.text,
        old=row.label,
        new=label,
        language=row.language,
        user=user,
    )
    row.label, row.confidence, row.corrected, row.code, row.detail = label, 1.0, True, "", ""
    row.save(update_fields=["label", "confidence", "corrected", "code", "detail"])
    store.recount(batch, row.row)
    return said


def corrections() -> Iterator[tuple[str, str]]:
    """(text, label) of what people said, of each text the last word. In the caller's scope: to train on."""
    said: dict[str, str] = {}
    for text, label in ReviewCorrection.objects.order_by("created_at").values_list("text", "new").iterator():
        said[text] = label
    yield from said.items()
