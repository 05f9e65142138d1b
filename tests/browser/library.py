"""Documents of anna's that can be searched and asked: a real invoice with its values, and a manual without pages."""

import pytest
from django.core.files.base import ContentFile

from analysis import results
from analysis.findings import Extraction, Found, Validation
from documents import intake, tenancy
from documents.models import Document, Page
from documents.pages import Box
from jobs.models import Job
from tests.analysis.answers.conftest import embedder  # noqa: F401 - by words alone, and used by all
from tests.analysis.search.conftest import keep
from tests.browser.test_walk import SAMPLES

MANUAL = (
    "The kettle stands level. Descale the kettle of the kitchen every thirty days. "
    "<img src=x onerror=alert(1)> is only text."
)
FIELDS = {
    "vendor": Found("Lindenhof Papeterie GmbH", page=1, box=Box(140, 86, 300, 104), confidence=0.95),
    "date": Found("2025-03-14", page=1, box=Box(468, 195, 513, 207), confidence=0.95),
    "total": Found("559.15", raw="559,15", page=1, box=Box(448, 479, 483, 494), confidence=0.95),
    "currency": Found("EUR", confidence=0.95),
}
INVOICE = ["Sketchbooks and fineliners for the drawing course, payable in advance by bank transfer."]


@pytest.fixture
def library(anna) -> dict[str, Document]:
    with tenancy.as_user(anna.user):
        invoice = _received(anna, "factur-x.pdf", (SAMPLES / "factur-x.pdf").read_bytes(), page_count=1, markdown="x")
        Page.objects.create(workspace=anna.workspace, document=invoice, number=1, width=595, height=842, source="text")
        job = Job.objects.create(
            workspace=anna.workspace, document=invoice, pipeline="document", status="done", progress=100, stage="done"
        )
        result = results.store(job, Extraction("invoice", FIELDS, []))
        results.set_validation(result, Validation(True, True, []))
        manual = _received(anna, "kettle.md", MANUAL.encode(), markdown=f"# Kettle\n\n{MANUAL}\n")
        Page.objects.create(workspace=anna.workspace, document=manual, number=1, source="markup")
    keep(anna, INVOICE, document=invoice)
    keep(anna, [MANUAL], document=manual)
    return {"invoice": invoice, "manual": manual}


def _received(person, filename, data, **columns) -> Document:
    made, _ = intake.receive(ContentFile(data), filename=filename, workspace_id=person.workspace.id, user=person.user)
    for name, value in columns.items():
        setattr(made, name, value)
    made.save()
    return made
