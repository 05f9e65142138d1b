"""Puts the pages together and shows them: the Markdown and its hash, and the account of pages read and failed."""

from pathlib import Path

from analysis import reading
from analysis.submission import alphabet_of
from documents import drafts
from documents.errors import InvalidInput
from documents.pages import PageReading
from jobs import events
from jobs.models import Task
from jobs.stages import Stage


class Assemble(Stage[list[PageReading], tuple[str, str]]):
    pipeline, name, queue = "document", "assemble", "extract"
    running, finished = "parsed", "parse_validated"
    start, end = 30, 35

    def load(self, task: Task) -> list[PageReading]:
        assert task.job.document is not None
        return drafts.readings(task.job.document, task.job_id, words=False)

    def compute(self, given: list[PageReading], folder: Path) -> tuple[str, str]:
        if given and all(page.error for page in given):
            raise InvalidInput(given[0].error, given[0].detail)
        return reading.document_markdown(given)

    def save(self, task: Task, output: tuple[str, str]) -> None:
        job, document = task.job, task.job.document
        assert document is not None
        drafts.swap(document, job.id)
        document.markdown, document.markdown_sha256 = output
        document.reading_version = reading.reading_version(alphabet_of(job))
        document.save(update_fields=["markdown", "markdown_sha256", "reading_version"])
        pages, count = document.pages.filter(number__lte=document.page_count or 0), document.page_count or 0
        failed = dict(pages.exclude(error="").values_list("number", "error"))
        read = pages.filter(error="").count()
        assert read + len(failed) == count, f"{count} pages in, {read} read, {len(failed)} failed"
        job.partial = bool(failed)
        events.record(job, "pages.accounted", pages=count, read=read, failed=failed)


STAGE = Assemble()
