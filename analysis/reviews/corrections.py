"""What people say of reviews that were judged wrongly, and what is learned from it."""

from collections.abc import Iterator

from analysis.models.reviews import Label, ReviewBatch, ReviewCorrection, ReviewRow
from analysis.reviews import judging, store
from analysis.reviews.judging import Judged
from documents.errors import InvalidInput
from documents.models import User


def may_correct(user: User) -> bool:
    """The same people as in the admin."""
    return user.is_staff and user.has_perm("analysis.change_reviewrow")


def correct(row_id: int, label: str, *, user: User | None) -> ReviewCorrection | None:
    """Gives a row another label, in the caller's transaction and scope; None if it has that label already.

    Statistics follow. Raises InvalidInput `unknown_label` or `text_empty`, and ReviewRow.DoesNotExist.
    """
    if label not in Label.values:
        raise InvalidInput("unknown_label", f"There is no label {label[:20]!r}; use one of {', '.join(Label.values)}.")
    batch, row = _locked(row_id)
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
    store.put_verdict(batch, row, Judged(row.text, label, 1.0, row.language), corrected=True)
    return said


def take_back(row_id: int) -> None:
    """Forgets what was said last of a row: what was said before that holds again, or the row is judged anew.

    In the caller's transaction and scope; nothing is learned from what was taken back. Raises
    ReviewRow.DoesNotExist, and what the model raises.
    """
    batch, row = _locked(row_id)
    said = ReviewCorrection.objects.filter(batch=batch, row=row.row).order_by("-created_at")[:2]
    if not said:
        return
    said[0].delete()
    if len(said) > 1:
        before = said[1]
        store.put_verdict(batch, row, Judged(before.text, before.new, 1.0, before.language), corrected=True)
    else:
        [judged] = judging.judge([store.record_of(batch, row.row)], store.layout_of(batch).text)
        store.put_verdict(batch, row, judged, corrected=False)


def _locked(row_id: int) -> tuple[ReviewBatch, ReviewRow]:
    """The batch first: whoever corrects another of its rows changes its statistics, too."""
    row = ReviewRow.objects.get(pk=row_id)
    batch = ReviewBatch.objects.select_for_update(of=("self",)).get(pk=row.batch_id)
    return batch, ReviewRow.objects.select_for_update(of=("self",)).get(pk=row_id)


def corrections() -> Iterator[tuple[str, str]]:
    """(text, label) of what people said, of each text the last word. In the caller's scope: to train on."""
    said: dict[str, str] = {}
    for text, label in ReviewCorrection.objects.order_by("created_at").values_list("text", "new").iterator():
        said[text] = label
    yield from said.items()
