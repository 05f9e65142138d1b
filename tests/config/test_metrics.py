"""What Prometheus scrapes, and who else may."""

import os
import subprocess
import sys
import textwrap

import pytest
from django.core.files.base import ContentFile
from prometheus_client.parser import text_string_to_metric_families

from analysis.submission import submit_file
from documents import tenancy
from jobs.models import Status, Task


def samples(response):
    text = response.content.decode()
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
