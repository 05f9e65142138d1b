"""What goes at night, and what must not."""

import os
import time
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from dramatiq_crontab import scheduler
from moto.server import ThreadedMotoServer

from analysis.models import ChunkDraft, Result
from config import storage
from documents import cleaning, intake, tenancy
from documents.errors import Unavailable
from documents.models import Document, PageDraft
from jobs import actors, maintenance, metrics, sweeper
from jobs.management.commands import sweep
from jobs.models import Delivery, Event, Job, Status, Task

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def document(anna):
    with tenancy.as_workspace(anna.workspace.id):
        return intake.receive(
            ContentFile(b"Kept words."), filename="a.txt", workspace_id=anna.workspace.id, user=anna.user
        )[0]


@pytest.fixture
def job(anna, document):
    """Makes jobs that ended some days ago, with a task and an event each."""

    def job(status, days):
        with tenancy.as_workspace(anna.workspace.id):
            made = Job.objects.create(
                workspace=anna.workspace, document=document, pipeline="document", status=status, finished_at=ago(days)
            )
            Task.objects.create(workspace=anna.workspace, job=made, stage="read", status=status, due_at=ago(days))
            Event.objects.create(workspace=anna.workspace, job=made, seq=1, type="job.submitted")
        return made

    return job


@pytest.fixture
def left(anna):
    """What is left of a job: itself, its tasks, its events."""

    def left(job):
        with tenancy.as_workspace(anna.workspace.id):
            found = Job.objects.filter(pk=job.pk)
            return found.count(), Task.objects.filter(job=job.pk).count(), Event.objects.filter(job=job.pk).count()

    return left


def test_the_story_of_a_job_goes_and_the_job_stays(job, left, settings):
    old, dead, fresh = job(Status.DONE, 91), job(Status.DEADLETTER, 91), job(Status.CANCELLED, 89)
    counted = maintenance.run(dry_run=True)
    assert (counted["tasks"], counted["events"], left(old)) == (1, 1, (1, 1, 1))
    done = maintenance.run()
    assert (done["jobs"], done["tasks"], done["events"]) == (0, 1, 1)
    assert (left(old), left(dead), left(fresh)) == ((1, 0, 0), (1, 1, 1), (1, 1, 1))
    settings.JOBS_KEEP_EVENTS_DAYS = 0
    assert maintenance.run()["events"] == 0


def test_jobs_without_a_result_go_when_they_are_old_enough(anna, document, job, left, settings):
    settings.JOBS_KEEP_DAYS = 10
    dead, fresh, useful = job(Status.DEADLETTER, 11), job(Status.CANCELLED, 9), job(Status.CANCELLED, 11)
    with tenancy.as_workspace(anna.workspace.id):
        Result.objects.create(workspace=anna.workspace, document=document, job=useful, document_type="invoice")
    assert maintenance.run(dry_run=True)["jobs"] == 1
    assert maintenance.run()["jobs"] == 1
    assert (left(dead), left(fresh), left(useful)) == ((0, 0, 0), (1, 1, 1), (1, 1, 1))
    with tenancy.as_workspace(anna.workspace.id):
        assert Result.objects.filter(job=useful).exists()


def test_deliveries_go_when_they_ended_long_ago(anna, settings):
    def deliver(status, days):
        made = Delivery.objects.create(
            workspace=anna.workspace,
            url="https://example.org",
            type="job.done",
            payload={},
            status=status,
            due_at=ago(0),
        )
        Delivery.objects.filter(pk=made.pk).update(created_at=ago(days))

    with tenancy.as_workspace(anna.workspace.id):
        for status, days in ((Status.DONE, 31), (Status.DEADLETTER, 31), (Status.DONE, 29), (Status.RETRYABLE, 31)):
            deliver(status, days)
    assert maintenance.run()["deliveries"] == 2
    with tenancy.as_workspace(anna.workspace.id):
        assert set(Delivery.objects.values_list("status", flat=True)) == {"done", "retryable"}
    settings.WEBHOOKS_KEEP_DAYS = 0
    assert maintenance.run()["deliveries"] == 0


def test_pages_read_for_nobody_go(anna, document, job):
    over, just_over, gone = job(Status.CANCELLED, 2), job(Status.CANCELLED, 0.5), uuid4()
    job(Status.DONE, 1)
    with tenancy.as_workspace(anna.workspace.id):
        running = Job.objects.create(workspace=anna.workspace, document=document, pipeline="document")
        for run in (over.pk, just_over.pk, gone, running.pk):
            PageDraft.objects.create(workspace=anna.workspace, document=document, run=run, number=1)
            ChunkDraft.objects.create(
                workspace=anna.workspace, document=document, run=run, ordinal=0, page=1, last_page=1, tokens=1
            )
    planned = maintenance.run(dry_run=True)
    assert (planned["page_drafts"], planned["chunk_drafts"]) == (2, 2)
    done = maintenance.run()
    assert (done["page_drafts"], done["chunk_drafts"]) == (2, 2)
    with tenancy.as_workspace(anna.workspace.id):
        for model in (PageDraft, ChunkDraft):
            assert set(model.objects.values_list("run", flat=True)) == {just_over.pk, running.pk}


def test_rows_go_in_batches(job, monkeypatch):
    monkeypatch.setattr(maintenance, "_BATCH", 2)
    for _ in range(5):
        job(Status.DONE, 100)
    assert maintenance.run()["events"] == 5
    assert maintenance.run()["events"] == 0


def test_a_step_that_fails_keeps_no_other_from_being_done(job, monkeypatch):
    def fail(*_args, **_more):
        raise Unavailable("storage_failed", "Away.")

    monkeypatch.setattr(cleaning, "remove_orphans", fail)
    job(Status.DONE, 100)
    done = maintenance.run()
    assert (done["stored_objects"], done["events"]) == (0, 1)


# --- Bytes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    return tmp_path / "media"


@pytest.fixture
def bucket(settings, tmp_path, monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="box")
    monkeypatch.setenv("STORAGE_URL", f"s3://key:secret@{host}:{port}/box/prefix?scheme=http&region=us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    yield
    server.stop()


def put(workspace_id, name="original") -> str:
    return default_storage.save(f"{workspace_id}/{uuid4()}/{name}", ContentFile(b"Nobody's words."))


def test_bytes_without_a_document_go(folder, anna, document):
    orphan, fresh, stray = put(anna.workspace.id), put(anna.workspace.id), put("somebody")
    for key in (orphan, stray, document.storage_key):
        os.utime(folder / key, (time.time() - 90_000,) * 2)
    day = timedelta(days=1)
    assert cleaning.remove_orphans(day, dry_run=True) == 1
    assert cleaning.remove_orphans(day) == 1
    assert not default_storage.exists(orphan)
    assert all(default_storage.exists(key) for key in (fresh, stray, document.storage_key))


def test_bytes_in_s3_go_too(bucket, anna, document):
    orphans = [put(anna.workspace.id), put(uuid4(), "pages/1.png")]
    assert cleaning.remove_orphans(timedelta(hours=1)) == 0
    assert cleaning.remove_orphans(-timedelta(hours=1)) == 2
    assert not any(default_storage.exists(key) for key in orphans)
    assert default_storage.exists(document.storage_key)


def test_many_orphans_are_rather_another_database(folder, monkeypatch):
    monkeypatch.setattr(cleaning, "_FEW", 2)
    workspace_id = uuid4()
    for _ in range(3):
        put(workspace_id)
    now = -timedelta(hours=1)
    assert cleaning.remove_orphans(now) == 0
    assert cleaning.remove_orphans(now, dry_run=True) == 3
    assert cleaning.remove_orphans(now, all_of_them=True) == 3


def test_a_document_that_comes_in_at_that_moment_is_kept(folder, document):
    assert not cleaning._remove(document.id, document.storage_key)
    assert default_storage.exists(document.storage_key)


def test_a_storage_that_is_away_is_said_so(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("STORAGE_URL", "s3://key:secret@127.0.0.1:1/box?scheme=http&region=us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    with pytest.raises(Unavailable):
        cleaning.remove_orphans(timedelta(days=1))


def test_temporary_folders_of_dead_processes_go(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for name, hours in (("task-old", 7), ("task-new", 1), ("other", 7)):
        made = tmp_path / "tmp" / name
        made.mkdir(parents=True)
        os.utime(made, (time.time() - hours * 3600,) * 2)
    assert cleaning.remove_scratch() == 1
    assert {path.name for path in (tmp_path / "tmp").iterdir()} == {"task-new", "other"}
    assert cleaning._changed_at(tmp_path / "gone") > time.time() - 60


# --- When ------------------------------------------------------------------------------------------------------------


def test_the_command_prints_what_it_did(job):
    job(Status.DONE, 100)
    said = StringIO()
    call_command("clean", "--dry-run", stdout=said)
    call_command("clean", stdout=said)
    assert said.getvalue().count("1  events") == 2
    with tenancy.as_sweeper():
        assert not Event.objects.exists()


def test_the_sweepers_clock_sends_the_message_at_two(broker, monkeypatch, settings):
    started = []
    monkeypatch.setattr(scheduler, "start", lambda: started.append(True))
    sweep._start_clock()
    [entry] = scheduler.get_jobs()
    try:
        at = entry.trigger.get_next_fire_time(None, timezone.now())
        assert (at.hour, at.minute, at.utcoffset()) == (2, 0, timedelta(0))
        before = broker.queue_length("default")
        entry.func()
        assert broker.queue_length("default") == before + 1
        assert started == [True]
    finally:
        entry.remove()


def test_the_actor_maintains(job, left):
    old = job(Status.DONE, 100)
    actors.MAINTAIN.fn()
    assert left(old) == (1, 0, 0)


def test_nobodys_document_is_touched(anna, mallory, document):
    maintenance.run(all_orphans=True)
    with tenancy.as_workspace(anna.workspace.id):
        assert Document.objects.filter(pk=document.pk).exists()
    assert default_storage.exists(document.storage_key)


def test_one_round_of_the_sweeper_leaves_its_time_and_cleans(settings, tmp_path, broker):
    settings.DATA_DIR = tmp_path
    before = time.time()
    call_command("sweep", once=True)
    assert metrics.SWEPT_AT._value.get() >= before


def test_a_round_that_fails_is_no_round(monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(sweeper, "sweep", away)
    metrics.SWEPT_AT.set(1)
    call_command("sweep", once=True)
    assert metrics.SWEPT_AT._value.get() == 1
