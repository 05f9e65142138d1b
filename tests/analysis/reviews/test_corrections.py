"""What people say of a review that was judged wrongly: kept, counted, and learned from."""

import pytest

from analysis.models import ReviewCorrection, ReviewRow
from analysis.reviews import listing
from analysis.reviews.corrections import correct, corrections
from documents import tenancy
from documents.errors import InvalidInput
from jobs import control
from tests.admin.conftest import as_staff, signed_in
from tests.analysis.reviews.conftest import BAD, GOOD, batch_of, submit, work

pytestmark = pytest.mark.usefixtures("engine")
FILE = f'text,shop\n"{GOOD}",north\n"{BAD}",south\n,south\n'.encode()


@pytest.fixture
def batch(anna):
    return work(anna, submit(anna, FILE)[0])


def say(person, job, row, label):
    with tenancy.as_user(person.user):
        found = ReviewRow.objects.get(batch=job.pk, row=row)
        return correct(found.pk, label, user=person.user)


def test_a_correction_changes_the_row_and_what_was_counted(anna, batch):
    said = say(anna, batch, 2, "neutral")
    assert (said.old, said.new, said.user, said.text) == ("negative", "neutral", anna.user, BAD)
    found, rows = batch_of(anna, batch)
    assert (rows[1].label, rows[1].corrected, rows[1].confidence) == ("neutral", True, 1.0)
    with tenancy.as_user(anna.user):
        told = listing.statistics_of(found)
        assert (told["negative"]["count"], told["neutral"]["count"], told["classified"]) == (0, 1, 2)
        assert list(corrections()) == [(BAD, "neutral")]


def test_the_last_word_counts_and_the_same_again_is_none(anna, batch):
    say(anna, batch, 1, "negative")
    say(anna, batch, 1, "positive")
    assert say(anna, batch, 1, "positive") is None
    with tenancy.as_user(anna.user):
        assert list(corrections()) == [(GOOD, "positive")]


def test_what_has_no_text_has_no_label(anna, batch):
    with pytest.raises(InvalidInput) as refused:
        say(anna, batch, 3, "neutral")
    assert refused.value.code == "text_empty"
    with pytest.raises(InvalidInput) as refused:
        say(anna, batch, 1, "angry")
    assert refused.value.code == "unknown_label"


def test_judged_again_what_people_said_holds(anna, batch):
    say(anna, batch, 1, "neutral")
    with tenancy.as_user(anna.user):
        control.retry(batch.pk, user=anna.user)
    assert work(anna, batch).status == "done"
    found, rows = batch_of(anna, batch)
    assert [(row.label, row.corrected) for row in rows] == [("neutral", True), ("negative", False), ("", False)]
    assert found.statistics["labels"] == {"neutral": 1, "negative": 1}


def test_others_do_not_see_the_rows(anna, mallory, batch):
    with pytest.raises(ReviewRow.DoesNotExist):
        say(mallory, batch, 1, "negative")


def test_staff_correct_in_the_admin(anna, sam, batch):
    staff = signed_in(sam)
    rows = staff.get("/admin/analysis/reviewrow/", {"q": str(batch.pk), "label": "negative", "confidence": "high"})
    assert BAD[:40] in rows.content.decode()
    assert GOOD not in rows.content.decode()
    refused = staff.get("/admin/analysis/reviewrow/", {"label": "refused"}).content.decode()
    assert "text_empty" in refused
    assert BAD[:40] not in refused
    with as_staff(sam):
        pk = ReviewRow.objects.get(row=2).pk
    chosen = {"action": "is_positive", "_selected_action": [pk], "confirmed": "1"}
    answer = staff.post("/admin/analysis/reviewrow/", chosen, follow=True)
    assert "1 review marked as positive." in answer.content.decode()
    with as_staff(sam):
        said = ReviewCorrection.objects.get()
    assert (said.new, said.user) == ("positive", sam.user)
    assert BAD[:40] in staff.get("/admin/analysis/reviewcorrection/").content.decode()
    batches = staff.get("/admin/analysis/reviewbatch/").content.decode()
    assert "reviews.csv" in batches
    assert "100 % / 0 % / 0 %" in batches
    assert staff.get(f"/admin/analysis/reviewbatch/{batch.pk}/change/").status_code == 200
