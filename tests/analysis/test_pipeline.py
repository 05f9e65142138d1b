"""The document pipeline on the real engines: bytes in, checked fields with boxes out, whatever dies on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from analysis.models import Result
from analysis.stages import assemble
from analysis.submission import submit_file
from documents import tenancy
from documents.errors import InvalidInput
from documents.models import Document
from documents.pages import PageReading
from jobs.models import Job, Task

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = Path(settings.BASE_DIR) / "documents" / "samples"


def submit(person, data: bytes, filename: str, **options):
    with tenancy.as_user(person.user):
        return submit_file(
            ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user, **options
        )


def ended(person, job, seconds: float = 60) -> Job:
    give_up = time.monotonic() + seconds
    while True:
        with tenancy.as_user(person.user):
            found = Job.objects.get(pk=job.pk)
        if not found.is_open:
            return found
        assert time.monotonic() < give_up, (
            f"still {found.status} at {found.stage}: {found.error_code} {found.error_detail}"
        )
        time.sleep(0.05)


def result_of(person, job) -> tuple[Result, dict]:
    with tenancy.as_user(person.user):
        result = Result.objects.get(job=job)
        return result, {field.name: field for field in result.fields.all()}


def test_an_e_invoice_is_read_exactly_and_each_value_has_its_box(anna, worker):
    job = ended(anna, submit(anna, (SAMPLES / "factur-x.pdf").read_bytes(), "factur-x.pdf").job)
    assert (job.status, job.stage, job.progress, job.partial) == ("done", "done", 100, False)
    result, fields = result_of(anna, job)
    truth = json.loads((SAMPLES / "factur-x.expected.json").read_text())
    assert result.document_type == "invoice"
    assert result.validation["is_valid"]
    assert result.validation["math_ok"] is True
    assert fields["vendor"].value == truth["vendor"]
    assert float(fields["total"].value) == truth["total"]
    assert fields["total"].source == "xml"
    assert fields["total"].page == 1
    assert len(fields["total"].box) == 4
    assert len(result.line_items) == len(truth["line_items"])
    with tenancy.as_user(anna.user):
        document = Document.objects.get()
        assert document.page_count == 1
        assert truth["invoice_number"] in document.markdown
        assert len(document.markdown_sha256) == 64


def test_a_photographed_receipt_is_read_by_ocr(anna, worker):
    job = ended(anna, submit(anna, (SAMPLES / "receipt.jpg").read_bytes(), "receipt.jpg").job)
    assert job.status == "done"
    result, fields = result_of(anna, job)
    truth = json.loads((SAMPLES / "receipt.expected.json").read_text())
    assert result.document_type == "receipt"
    assert float(fields["total"].value) == truth["total"]
    assert fields["total"].source in ("rules", "learned")
    with tenancy.as_user(anna.user):
        assert Document.objects.get().pages.get().source == "ocr"


def test_the_pages_of_a_scan_are_parts(anna, worker):
    job = ended(anna, submit(anna, (SAMPLES / "scan.pdf").read_bytes(), "scan.pdf").job)
    with tenancy.as_user(anna.user):
        assert Task.objects.filter(job=job, stage="read").count() == 2
        assert list(Document.objects.get().pages.values_list("number", "source")) == [(1, "ocr"), (2, "ocr")]
        accounted = job.events.get(type="pages.accounted").data
    assert accounted == {"pages": 2, "read": 2, "failed": {}}


def test_a_kind_given_by_the_caller_is_kept_and_asked_anew(anna, worker):
    data = (SAMPLES / "invoice.pdf").read_bytes()
    first = submit(anna, data, "invoice.pdf")
    ended(anna, first.job)
    again = submit(anna, data, "copy.pdf")
    assert again.duplicate
    assert again.job.id == first.job.id
    other = submit(anna, data, "copy.pdf", kind="receipt")
    assert other.duplicate
    assert other.job.id != first.job.id
    result, _ = result_of(anna, ended(anna, other.job))
    assert result.document_type == "receipt"


def test_what_cannot_be_read_dies_with_a_cause(anna, worker):
    job = ended(anna, submit(anna, b"%PDF-1.7\nnothing of the kind", "broken.pdf").job)
    assert (job.status, job.error_code) == ("deadletter", "malformed_pdf")
    assert job.error_detail.endswith(".")
    assert job.attempts == 0


def pdf(*objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, text) for number, text in enumerate(objects, start=1))
    return b"%PDF-1.5\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF"


def with_an_endless_page() -> bytes:
    """A page of text, and one that draws a form that draws itself twice: PDFium would take all memory for it."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << %s >> >>"
    words = b"BT /F 12 Tf 72 700 Td (Total amount of this honest page: 12.00 EUR) Tj ET"
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>",
        page % (4, b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"),
        b"<< /Length %d >> stream\n%s\nendstream" % (len(words), words),
        page % (6, b"/XObject << /A 7 0 R >>"),
        b"<< /Length 5 >> stream\n/A Do\nendstream",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /A 7 0 R >> >> /Length 11 >>"
        b" stream\n/A Do /A Do\nendstream",
    )


def test_a_poisoned_page_costs_itself_and_neither_its_document_nor_its_neighbour(anna, mallory, worker, settings):
    settings.SANDBOX_MEMORY_MB = 512
    poisoned = submit(mallory, with_an_endless_page(), "half.pdf").job
    neighbour = submit(anna, (SAMPLES / "factur-x.pdf").read_bytes(), "factur-x.pdf").job
    assert ended(anna, neighbour).status == "done"
    job = ended(mallory, poisoned)
    assert (job.status, job.partial) == ("done", True)
    with tenancy.as_user(mallory.user):
        first, second = Document.objects.get().pages.all()
        accounted = job.events.get(type="pages.accounted").data
    assert "honest page" in first.markdown
    assert second.error in ("memory_limit", "parser_crashed", "time_limit")
    assert second.detail
    assert accounted == {"pages": 2, "read": 1, "failed": {"2": second.error}}


def test_a_document_of_which_no_page_could_be_read_dies_of_the_first_pages_cause(tmp_path):
    pages = [PageReading(number, error="time_limit", detail="It took too long.") for number in (1, 2)]
    with pytest.raises(InvalidInput) as caught:
        assemble.STAGE.compute(pages, tmp_path)
    assert (caught.value.code, caught.value.permanent) == ("time_limit", True)


def start_worker(queues: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "dramatiq",
        "django_dramatiq.setup",
        "jobs.actors",
        "--path",
        str(settings.BASE_DIR),
    ]
    return subprocess.Popen(
        [*command, "--skip-logging", "--processes", "1", "--threads", "1", "--queues", *queues.split()],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "dramatiq_worker_timeout": "25"},
        cwd=settings.BASE_DIR,
        start_new_session=True,
    )


@pytest.mark.long
def test_a_worker_killed_in_mid_stage_costs_nothing(anna, broker):
    """kill -9 of the master and its process while a page is being read: another worker finishes the job, once."""
    from jobs import sweeper

    workers = [start_worker("default extract ocr embed")]
    try:
        job = submit(anna, (SAMPLES / "scan.pdf").read_bytes(), "scan.pdf").job
        give_up = time.monotonic() + 60
        while True:
            with tenancy.as_user(anna.user):
                reading = Task.objects.filter(job=job, stage="read", status="working").exists()
            if reading:
                break
            assert time.monotonic() < give_up, "no page was ever being read"
            time.sleep(0.01)
        os.killpg(workers[0].pid, signal.SIGKILL)
        workers[0].wait()
        workers.append(start_worker("default extract ocr embed"))
        while not (found := peek(anna, job)) or found.is_open:
            sweeper.sweep()
            assert time.monotonic() < give_up + 60
            time.sleep(0.2)
        assert found.status == "done"
        assert found.attempts >= 1
        with tenancy.as_user(anna.user):
            assert Result.objects.filter(job=job).count() == 1
            assert job.events.filter(type="job.done").count() == 1
            assert job.events.filter(type="lease.expired").exists()
            seqs = list(job.events.values_list("seq", flat=True))
            assert Document.objects.get().pages.count() == 2
        assert seqs == list(range(1, len(seqs) + 1))
    finally:
        for one in workers:
            if one.poll() is None:
                os.killpg(one.pid, signal.SIGKILL)
                one.wait()


def peek(person, job) -> Job:
    with tenancy.as_user(person.user):
        return Job.objects.get(pk=job.pk)
