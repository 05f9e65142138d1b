"""manage.py reprocess and manage.py queues, over jobs of two tenants."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from analysis import reprocessing, results
from analysis.findings import Extraction
from documents import tenancy
from documents.models import Document
from jobs import control
from jobs.models import Job, Priority, QueuePause, Status, Task


@pytest.fixture
def make(anna):
    """A toy job over a document, unless told otherwise failed at its first stage; with a result if it has a type."""

    def make(person=anna, *, name="a", document_type="", model_version="rules 1", **given) -> Job:
        with tenancy.as_workspace(person.workspace.id):
            document, _ = Document.objects.get_or_create(
                id=Document.id_for(person.workspace.id, name * 64),
                defaults={"workspace": person.workspace, "sha256": name * 64, "filename": name, "size": 1},
            )
            job = control.submit(workspace_id=person.workspace.id, document=document, pipeline_name="toy")
            if document_type:
                result = results.store(job, Extraction(document_type, {}, []))
                type(result).objects.filter(pk=result.pk).update(model_version=model_version)
            values = {"status": Status.DEADLETTER, "error_code": "flaky"} | given
            job.tasks.update(status=values["status"])
            Job.objects.filter(pk=job.pk).update(**values)
        return job

    return make


def reprocess(*args) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("reprocess", *map(str, args), stdout=out)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return out.getvalue(), code


def fresh(job) -> Job:
    with tenancy.as_sweeper():
        return Job.objects.get(pk=job.pk)


def test_jobs_of_all_tenants_start_again_as_bulk(make, anna, mallory):
    jobs = [make(anna), make(mallory)]
    out, _ = reprocess("--error-code", "flaky")
    assert "2 started again, 0 refused" in out
    assert [(fresh(job).status, fresh(job).priority) for job in jobs] == [("queued", Priority.BULK)] * 2
    with tenancy.as_sweeper():
        assert set(Task.objects.values_list("status", "priority")) == {("queued", Priority.BULK)}


def test_a_rehearsal_tells_and_does_nothing(make):
    job = make()
    out, _ = reprocess("--status", "deadletter", "--dry-run")
    assert "1 jobs" in out
    assert "flaky" in out
    assert fresh(job).status == "deadletter"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--kind", "receipt"], {"b"}),
        (["--type", "receipt"], {"b"}),
        (["--type", "receipt", "--kind", "invoice"], set()),
        (["--model-version", "rules 1"], {"b"}),
        (["--model-version", "rules"], {"b", "c"}),
        (["--status", "cancelled"], {"c"}),
        (["--error-code", "flaky", "--limit", "1"], {"a"}),
        (["--since", "2026-01-02"], {"c"}),
        (["--until", "2026-01-02"], {"a", "b"}),
        (["--since", "2026-01-01T12:00", "--until", "2026-01-02T00:00+00:00"], {"b"}),
        (["--workspace", "anna"], {"a", "b"}),
        (["--workspace", "{workspace}"], {"c"}),
        (["--job", "{job}"], {"b"}),
        (["--document", "{document}"], {"b"}),
        (["--document", "{document}", "--status", "done"], set()),
    ],
)
def test_jobs_are_chosen(make, anna, mallory, filters, found):
    day = timezone.datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())
    jobs = {
        "a": make(created_at=day),
        "b": make(name="b", kind="receipt", document_type="receipt", created_at=day + timedelta(hours=13)),
        "c": make(
            mallory, name="c", status="cancelled", document_type="invoice", model_version="rules 2",
            created_at=day + timedelta(days=1),
        ),
    }  # fmt: skip
    ids = {"workspace": mallory.workspace.id, "job": jobs["b"].pk, "document": jobs["b"].document_id}
    args = [text.format(**ids) for text in filters]
    if not found:
        with pytest.raises(CommandError, match="No job fits"):
            reprocess(*args)
        return
    reprocess(*args, "--from-stage", "split")
    assert {name for name, job in jobs.items() if fresh(job).status == "queued"} == found


def test_only_the_latest_job_of_a_document_unless_one_is_named(make):
    old = make()
    make(status=Status.DONE)
    with pytest.raises(CommandError, match="No job fits"):
        reprocess("--status", "deadletter")
    assert "1 started again" in reprocess("--job", old.pk)[0]


def test_open_jobs_are_left_alone_and_counted(make):
    runs = make(status=Status.WORKING)
    ended = make(name="b")
    out, _ = reprocess("--workspace", "anna")
    assert "1 more are open" in out
    assert (fresh(runs).status, fresh(ended).status) == ("working", "queued")
    assert "2 more are open" in reprocess("--workspace", "anna")[0]


def test_refusals_are_told(make):
    make()
    out, _ = reprocess("--error-code", "flaky", "--from-stage", "total")
    assert "0 started again, 1 refused" in out
    assert "never came to 'total'" in " ".join(out.split())


def test_a_job_that_is_gone_or_of_a_pipeline_that_is_gone(make):
    gone, foreign = make(), make(name="b")
    chosen = reprocessing.choose(reprocessing.Filters(error_code="flaky"))
    with tenancy.as_workspace(gone.workspace_id):
        gone.delete()
        Job.objects.filter(pk=foreign.pk).update(pipeline="gone")
    started, refused = reprocessing.start(chosen.jobs, from_stage="", priority=Priority.BULK)
    assert (started, refused.total()) == ([], 2)
    assert reprocessing.statuses([gone.pk, foreign.pk]) == {"deleted": 1, "deadletter": 1}


def test_too_much_needs_a_yes(make, monkeypatch):
    monkeypatch.setattr("jobs.management.commands.reprocess._MANY", 1)
    jobs = [make(), make(name="b")]
    with pytest.raises(CommandError, match="add --yes"):
        reprocess("--error-code", "flaky")
    assert fresh(jobs[0]).status == "deadletter"
    assert "2 started again" in reprocess("--error-code", "flaky", "--yes", "--priority", "interactive")[0]
    assert fresh(jobs[0]).priority == Priority.INTERACTIVE


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "Nothing is chosen"),
        (["--limit", "5"], "Nothing is chosen"),
        (["--workspace", "nobody"], "no user 'nobody'"),
        (["--since", "yesterday"], "no date"),
        (["--since", "2026-13-01"], "no date"),
        (["--status", "done"], "No job fits"),
    ],
)
def test_nothing_is_refused_with_a_sentence(db, args, says):
    with pytest.raises(CommandError, match=says):
        reprocess(*args)


def test_waiting_ends_with_the_jobs_and_tells_of_failures(make, worker, anna):
    make()
    out, code = reprocess("--error-code", "flaky", "--wait")
    assert "1 done" in out
    assert code == 0
    from tests.jobs import toys

    toys.MOOD["total"] = toys.poisoned()
    out, code = reprocess("--workspace", "anna", "--wait")
    assert "1 deadletter" in out
    assert code == 1


def queues(*args) -> str:
    out = StringIO()
    call_command("queues", *args, stdout=out)
    return out.getvalue()


def test_queues_are_shown_paused_and_resumed(submit, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    submit()
    line = next(line for line in queues().splitlines() if "default" in line)
    assert line.replace("│", "").split()[1] == "3"
    assert "open" in line
    assert "a new model" in queues("pause", "ocr", "--reason", "a new model")
    assert QueuePause.objects.get().queue == "ocr"
    assert "paused" not in queues("resume", "ocr")
    with pytest.raises(CommandError, match="There is no queue"):
        queues("pause", "nowhere")
