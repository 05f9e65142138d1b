"""From a file or a text to verdicts and statistics, by way of the job engine."""

import pytest

from analysis.reviews import listing, submission
from documents import tenancy
from documents.errors import InvalidInput
from jobs import events
from jobs.models import Priority, Task
from tests.analysis.reviews.conftest import BAD, GOOD, batch_of, csv_of, submit, work

pytestmark = pytest.mark.usefixtures("engine")


def test_a_file_is_judged_row_by_row(anna):
    data = csv_of(f'"{GOOD}",5,2026-03-01', f'"{BAD}",5,2026-03-01', ",3,2026-03-02", f'"{GOOD}",3,2026-03-02')
    job = work(anna, submit(anna, data)[0])
    assert (job.status, job.progress, job.partial) == ("done", 100, True)
    batch, rows = batch_of(anna, job)
    assert [(row.row, row.label, row.code) for row in rows] == [
        (1, "positive", ""),
        (2, "negative", ""),
        (3, "", "text_empty"),
        (4, "positive", ""),
    ]
    assert rows[0].text == GOOD
    assert rows[0].language == "en"
    assert batch.model_version
    with tenancy.as_user(anna.user):
        told = listing.statistics_of(batch)
    assert (told["total"], told["classified"], told["refused"]) == (4, 3, 1)
    assert told["positive"] == {"count": 2, "percent": 66.67}
    assert told["by_day"]["2026-03-01"] == {"total": 2, "positive": 1, "neutral": 0, "negative": 1}
    assert told["by"]["stars"]["5"] == {"total": 2, "positive": 1, "neutral": 0, "negative": 1}
    assert told["by_language"]["en"]["total"] == 3
    assert 0.5 < told["mean_confidence"] <= 1


def test_a_text_is_a_batch_of_its_own_and_goes_first(anna):
    with tenancy.as_user(anna.user):
        job = submission.submit_text(f"  {GOOD}\n", workspace_id=anna.workspace.id, user=anna.user)
    assert (job.priority, job.document_id) == (Priority.INTERACTIVE, None)
    assert work(anna, job).status == "done"
    batch, rows = batch_of(anna, job)
    assert [(row.row, row.text, row.label) for row in rows] == [(1, GOOD, "positive")]
    assert batch.rows == 1


@pytest.mark.parametrize(
    ("text", "code"), [(" \u200b\n", "text_empty"), ("x" * 513, "text_too_long"), ("y " * 99_999, "text_too_long")]
)
def test_a_text_that_is_none_is_refused_at_once(anna, text, code):
    with tenancy.as_user(anna.user), pytest.raises(InvalidInput) as refused:
        submission.submit_text(text, workspace_id=anna.workspace.id, user=anna.user)
    assert refused.value.code == code


def test_the_rows_of_a_long_file_are_parts_and_none_is_lost(anna):
    job, _ = submit(anna, csv_of(*(f"word {number} of many,{number % 2},2026-01-01" for number in range(2_500))))
    assert work(anna, job).status == "done"
    batch, rows = batch_of(anna, job)
    assert [row.row for row in rows] == list(range(1, 2_501))
    assert rows[2_100].text == "word 2100 of many"
    assert batch.rows == sum(batch.statistics["labels"].values()) + batch.statistics["refused"] == 2_500
    with tenancy.as_user(anna.user):
        assert Task.objects.filter(job=job, stage="classify_reviews").count() == 3


def test_what_a_killed_worker_left_is_replaced(anna):
    job, _ = submit(anna, csv_of(f"{GOOD.replace(',', '')},5,2026-03-01"))
    work(anna, job)
    before = [(row.row, row.label) for row in batch_of(anna, job)[1]]
    with tenancy.as_user(anna.user):
        # The part is worked on again, as if its worker had died after the save.
        Task.objects.filter(job=job, stage="classify_reviews").update(status="queued", lease=None)
        Task.objects.filter(job=job, stage="summarise_reviews").delete()
        job.refresh_from_db()
        job.status = "working"
        job.save()
        events.write(job)
    assert work(anna, job).status == "done"
    batch, rows = batch_of(anna, job)
    assert [(row.row, row.label) for row in rows] == before
    assert batch.statistics["total"] == 1


def test_the_same_file_again_is_the_same_batch_but_for_another_column(anna):
    data = csv_of(f"good,{BAD.replace(',', '')},2026-03-01")
    job, _ = submit(anna, data)
    assert submit(anna, data) == (job, True)
    other, duplicate = submit(anna, data, text_column="stars")
    assert duplicate
    assert other != job
    work(anna, other)
    assert batch_of(anna, other)[1][0].label == "negative"


@pytest.mark.parametrize(
    ("data", "name", "column", "code"),
    [
        (b"text,stars\ngood,5\n", "a.csv", "nowhere", "unknown_column"),
        (b"a,b\n1,2\n3,4\n", "b.csv", "", "no_text_column"),
        (b"[" * 100_000, "c.json", "", "json_too_deep"),
        (b'["open', "d.json", "", "malformed_json"),
        (b"text,stars\n", "e.csv", "", "no_rows"),
    ],
)
def test_a_file_that_can_not_be_read_dies_with_a_cause(anna, data, name, column, code):
    job = work(anna, submit(anna, data, name, text_column=column)[0])
    assert (job.status, job.error_code) == ("deadletter", code)
    assert job.error_detail.endswith(".")
