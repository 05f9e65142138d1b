"""Small invoices of one vendor, as they are read."""

from itertools import count

from django.core.files.base import ContentFile

from analysis import checks, extraction, results
from analysis.submission import submit_file
from documents.models import Page
from documents.pages import PageReading, Word
from jobs.models import Status
from tests.api.conftest import PDF, Case

HEAD = ("Ink & Paper Ltd", "Harbour Road 7", "Bristol Docks")
_numbers = count(1)


def page(*texts, number=1):
    """A page of A4 with texts at places (points)."""
    words = []
    for text, x, y in texts:
        for part in text.split():
            words.append(Word(part, x, y, x + 6 * len(part), y + 10))
            x += 6 * len(part) + 4
    return PageReading(number, 595, 842, source="text", words=tuple(words))


def invoice(*, head=HEAD, rows=(), below=None, total="119.00"):
    """`rows` are labels with a value beside, `below` a label with a value underneath."""
    texts = [(line, 40, 30 + 14 * at) for at, line in enumerate(head)]
    texts += [("Invoice", 300, 120)]
    texts += [
        text
        for at, (label, value) in enumerate(rows)
        for text in ((label, 40, 300 + 20 * at), (value, 400, 300 + 20 * at))
    ]
    if below:
        texts += [(below[0], 300, 200), (below[1], 300, 215)]
    if total:
        texts += [("Total", 40, 600), (total, 400, 600)]
    return [page(*texts)]


def analysed(person, pages, found=None) -> Case:
    """What the stages leave behind of a document with these pages; its fields are read off them if none are given."""
    data = PDF + b"\n%" + str(next(_numbers)).encode()
    sent = submit_file(ContentFile(data), filename="bill.pdf", workspace_id=person.workspace.id, user=person.user)
    job, document = sent.job, sent.document
    document.page_count, document.markdown, document.markdown_sha256 = len(pages), "# Bill\n", "ab" * 32
    document.save()
    for one in pages:
        Page.of(document, one).save()
    result = results.store(job, found or extraction.extract(pages, kind="invoice"))
    results.set_validation(result, checks.validate(results.extraction_of(result)))
    job.status, job.progress, job.stage = Status.DONE, 100, "done"
    job.save()
    job.tasks.update(status=Status.DONE)
    return Case(document, job, result)
