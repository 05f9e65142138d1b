"""What Prometheus scrapes, and who else may."""

import os
import re
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import dramatiq
import pytest
import yaml
from django.core.files.base import ContentFile
from django.utils import timezone
from dramatiq.errors import ConnectionClosed
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from analysis.submission import submit_file
from config.metrics import QueueCollector
from documents import tenancy
from jobs import queues
from jobs.models import Delivery, Job, Status, Task


def samples(response):
    """Without buckets: a process that ran many tests has thousands, and parsing them takes a second."""
    text = "".join(line for line in response.content.decode().splitlines(True) if "_bucket{" not in line)
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def waiting(anna):
    with tenancy.as_user(anna.user):
        file = ContentFile(b"Words that wait to be read.")
        return submit_file(file, filename="a.txt", workspace_id=anna.workspace.id, user=anna.user).job


def test_work_that_waits_is_counted(client, waiting, anna):
    before = samples(client.get("/metrics"))
    assert before["vouch_queue_depth", "default"] == 1
    assert before["vouch_queue_oldest_seconds", "default"] >= 0
    assert before["vouch_tasks_working", "default"] == 0
    assert before["vouch_queue_depth", "ocr"] == 0
    with tenancy.as_user(anna.user):
        Task.objects.update(status=Status.WORKING)
    after = samples(client.get("/api/v1/metrics"))
    assert (after["vouch_queue_depth", "default"], after["vouch_tasks_working", "default"]) == (0, 1)


def test_each_kind_of_waiting_is_told_apart(client, waiting, anna, broker):
    def now(name, *queue):
        return samples(client.get("/metrics"))[name, *queue]

    broker.client.rpush("vouch:queue:default", b"{}")
    assert (now("vouch_queue_messages", "default"), now("vouch_queue_messages", "webhooks")) == (1, 0)
    with tenancy.as_user(anna.user):
        later = timezone.now() + timedelta(minutes=1)
        Task.objects.update(status=Status.WORKING, lease_expires_at=later)
        assert (now("vouch_leases_held", "default"), now("vouch_tasks_working", "default")) == (1, 1)
        Task.objects.update(lease_expires_at=timezone.now())
        assert (now("vouch_leases_held", "default"), now("vouch_tasks_working", "default")) == (0, 1)
        Task.objects.update(status=Status.RETRYABLE)
        assert (now("vouch_queue_backing_off", "default"), now("vouch_queue_depth", "default")) == (1, 0)
        Job.objects.update(held=True)
        assert now("vouch_jobs_held") == 1
        Job.objects.update(status=Status.DEADLETTER)
        assert (now("vouch_jobs_held"), now("vouch_deadletters")) == (0, 1)
        for status in (Status.QUEUED, Status.DEADLETTER, Status.DONE):
            Delivery.objects.create(
                workspace=anna.workspace, url="https://x", payload={}, status=status, due_at=timezone.now()
            )
    assert (now("vouch_webhooks_due"), now("vouch_webhooks_dead")) == (1, 1)
    assert now("vouch_queue_paused", "default") == 0
    queues.pause("default")
    assert now("vouch_queue_paused", "default") == 1


def test_without_a_broker_the_rest_is_counted(client, waiting, monkeypatch):
    def away(_queue):
        raise ConnectionClosed("away")

    monkeypatch.setattr(dramatiq.get_broker(), "queue_length", away)
    found = samples(client.get("/metrics"))
    assert found["vouch_queue_depth", "default"] == 1
    assert not any(name == "vouch_queue_messages" for name, *_ in found)


DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
WATCHED = [DEPLOY / "prometheus" / "alerts.yml", *sorted((DEPLOY / "grafana").rglob("*.json"))]


@pytest.mark.parametrize("file", WATCHED, ids=lambda path: path.name)
def test_what_is_watched_exists(client, waiting, file):
    exported = {name for name, *_ in samples(client.get("/metrics"))}
    for family in [*REGISTRY.collect(), *QueueCollector().collect()]:
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        exported |= {family.name + suffix for suffix in suffixes}
    named = set(re.findall(r"\b(?:vouch|django)_\w+", file.read_text()))
    assert len(named) > 4
    assert named <= exported


def test_alerts_say_what_to_do():
    rules = [rule for group in yaml.safe_load(WATCHED[0].read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() >= {"summary", "description"}


def test_what_the_product_did_is_counted(client, waiting):
    found = {name for name, *_ in samples(client.get("/metrics"))}
    assert {"vouch_jobs_submitted_total", "vouch_storage_objects_uploaded_total"} <= found
    assert "django_http_requests_total_by_method_total" in found


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 403),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer let-me-in"}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7", "Authorization": "Bearer let-me-in"}, 200),
        ("10.0.0.7", {"Authorization": "Bearer wrong"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer é"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics"])
def test_this_machine_or_the_token(client, db, settings, path, address, headers, status):
    settings.METRICS_TOKEN = "let-me-in"
    response = client.get(path, REMOTE_ADDR=address, headers=headers)
    assert response.status_code == status
    if status == 403:
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "permission_denied"


def test_no_token_set_is_no_token_that_fits(client, db):
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"Authorization": "Bearer "}).status_code == 403


SCRAPE = """
    import django
    django.setup()
    from jobs import metrics
    metrics.SUBMITTED.labels(type="invoice").inc()
    from django.test import Client
    import sys
    sys.stdout.write(Client().get("/metrics", headers={"Host": "localhost"}).content.decode())
"""


def scraped(**environment):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SCRAPE)],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_processes_that_share_a_folder_are_summed_up_even_while_the_database_is_away(db, tmp_path):
    first = scraped(PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert 'vouch_jobs_submitted_total{type="invoice"} 1.0' in first
    assert 'vouch_queue_depth{queue="ocr"} 0.0' in first
    away = "postgresql://vouch_app@127.0.0.1:1/nothing"
    second = scraped(PROMETHEUS_MULTIPROC_DIR=str(tmp_path), DATABASE_URL=away, DATABASE_POOL_SIZE="0")
    assert 'vouch_jobs_submitted_total{type="invoice"} 2.0' in second
    assert "vouch_queue_depth" not in second
