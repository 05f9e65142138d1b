"""Jobs and events in words."""

from datetime import UTC, datetime, timedelta

import pytest

from analysis.presenting.progress import STAGES, stage_words, state, timeline
from jobs.models import Event, Job, Status
from jobs.stages import pipeline

START = datetime(2025, 1, 1, tzinfo=UTC)


def event(type_, seconds=0.0, **data) -> Event:
    return Event(type=type_, data=data, created_at=START + timedelta(seconds=seconds))


def test_a_stage_says_how_long_it_ran():
    moments = timeline(
        [
            event("job.submitted"),
            event("stage.started", 5, stage="parsing"),
            event("stage.finished", 7, stage="parsed"),
            event("job.done", 8, partial=False),
        ]
    )
    assert [moment.words for moment in moments] == ["Handed in", "Pages read", "Done"]
    assert [moment.since and moment.since.total_seconds() for moment in moments] == [None, 2, 1]


def test_a_stage_that_runs_is_told():
    assert timeline([event("stage.started", stage="extracting")])[-1].words == "Finding the values"


@pytest.mark.parametrize(
    ("given", "words", "tone"),
    [
        (event("pages.accounted", pages=3, read=2, failed={"3": "x"}), "2 of 3 pages could be read", "warning"),
        (event("document.chunked", chunks=1200), "1,200 passages made", "plain"),
        (event("pages.accounted", pages=3, read=3, failed={}), "3 of 3 pages could be read", "plain"),
        (event("task.failed", attempt=2, code="no_disk"), "Attempt 2 failed (no_disk); another follows", "warning"),
        (event("task.retried", attempt=2), "Attempt 2 begins", "plain"),
        (event("lease.expired", attempt=1), "A worker went silent in attempt 1; another takes over", "warning"),
        (event("job.retried", by="anna"), "Started again by anna", "plain"),
        (event("job.cancelled", by=""), "Cancelled", "warning"),
        (event("job.deadletter", code="encrypted_pdf"), "Given up (encrypted_pdf)", "error"),
        (event("job.done", partial=True), "Done, but not every page could be read", "warning"),
        (event("page.redacted"), "Page redacted", "plain"),
    ],
)  # fmt: skip
def test_events(given, words, tone):
    [moment] = timeline([given])
    assert (moment.words, moment.tone) == (words, tone)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_word(status):
    assert state(Job(status=status)).word


def test_partial_is_not_just_done():
    assert state(Job(status=Status.DONE, partial=True)).tone == "warning"
    assert state(Job(status=Status.DONE, partial=True, pipeline="reviews")).word == "Done, some rows refused"


def test_every_milestone_of_the_pipeline_has_words():
    for stage in pipeline("document"):
        for milestone in (stage.running, stage.finished):
            assert milestone in STAGES


def test_unknown_milestones_are_readable():
    assert stage_words("being_redacted") == "Being redacted"
