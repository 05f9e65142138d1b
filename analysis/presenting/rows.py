"""Documents and jobs as rows of a list: what a reader needs to recognise one, with a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Prefetch

from analysis.models import Field, Result
from analysis.presenting.causes import Advice, advice
from analysis.presenting.progress import State, stage_words, state
from analysis.presenting.verdicts import Verdict, verdict
from documents import sniffing
from documents.models import Document
from jobs import stages
from jobs.models import Job, Status, Task

_SUMMARY = (
    "vendor",
    "insurer",
    "title",
    "invoice_number",
    "policy_number",
    "date",
    "effective_date",
    "total",
    "amount_due",
    "premium",
    "currency",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A document, its latest job and what that or an earlier one found.

    `reached`: the stages that a job which is over can start again from, each with its words. `parts`: how many
    documents were cut out of it.
    """

    document: Document
    job: Job | None
    result: Result | None
    values: dict[str, str]
    reached: list[tuple[str, str]] = field(default_factory=list)
    parts: int = 0

    @property
    def vendor(self) -> str:
        return self._first("vendor", "insurer", "title")

    @property
    def number(self) -> str:
        return self._first("invoice_number", "policy_number")

    @property
    def date(self) -> str:
        return self._first("date", "effective_date")

    @property
    def total(self) -> str:
        return self._first("total", "amount_due", "premium")

    @property
    def currency(self) -> str:
        return self.values.get("currency", "")

    @property
    def has_image(self) -> bool:
        return is_drawn(self.document)

    @property
    def state(self) -> State | None:
        return state(self.job) if self.job else None

    @property
    def stage(self) -> str:
        return stage_words(self.job.stage) if self.job else ""

    @property
    def verdict(self) -> Verdict | None:
        return verdict(self.result) if self.result else None

    @property
    def is_held(self) -> bool:
        """Whether it waits, without tasks, until another job of its user ends."""
        return bool(self.job and self.job.held and self.job.status == Status.QUEUED)

    @property
    def advice(self) -> Advice | None:
        """What to do about a job that failed."""
        return advice(self.job.error_code) if self.job and self.job.status == Status.DEADLETTER else None

    def _first(self, *names: str) -> str:
        return next((self.values[name] for name in names if self.values.get(name)), "")


def is_drawn(document: Document) -> bool:
    """Whether its pages can be shown as images; known once the file was opened."""
    return document.page_count is not None and (
        document.media_type == sniffing.PDF or document.media_type in sniffing.IMAGES
    )


def of_documents(documents: Iterable[Document]) -> list[Row]:
    """One row per document, in their order."""
    documents = list(documents)
    ids = [document.id for document in documents]
    jobs = {job.document_id: job for job in Job.objects.filter(document__in=ids).order_by("created_at")}
    results = _results(ids)
    parts = _parts(ids)
    return [
        _row(document, jobs.get(document.id), results.get(document.id), parts=parts.get(document.id, 0))
        for document in documents
    ]


def of_jobs(jobs: Iterable[Job]) -> list[Row]:
    """One row per job that has a document (select_related), in their order."""
    documents = [(job.document, job) for job in jobs if job.document]
    results = _results([document.id for document, _ in documents])
    reached = stages_reached([job for _, job in documents if not job.is_open])
    return [_row(document, job, results.get(document.id), reached.get(job.id)) for document, job in documents]


def stages_reached(jobs: Iterable[Job]) -> dict[UUID, list[tuple[str, str]]]:
    """The stages that jobs came to, by the job's id, as (name, words) in the pipeline's order."""
    pipelines = {job.id: job.pipeline for job in jobs}
    seen = set(Task.objects.filter(job__in=pipelines).order_by().values_list("job_id", "stage").distinct())
    return {
        job_id: [(name, words) for name, words in stage_names(pipeline) if (job_id, name) in seen]
        for job_id, pipeline in pipelines.items()
    }


def stage_names(pipeline: str) -> list[tuple[str, str]]:
    """The stages of a pipeline with their words; none of one that only an earlier version had."""
    try:
        return [(stage.name, stage_words(stage.running)) for stage in stages.pipeline(pipeline)]
    except KeyError:
        return []


def _parts(document_ids: list[UUID]) -> dict[UUID, int]:
    parts = Document.objects.filter(parent__in=document_ids).order_by().values_list("parent")
    return dict(parts.annotate(count=Count("pk")))


def _results(document_ids: list[UUID]) -> dict[UUID, Result]:
    """The latest result of each document, its summary's fields prefetched."""
    fields = Prefetch("fields", Field.objects.filter(name__in=_SUMMARY))
    found = (
        Result.objects.filter(document__in=document_ids).order_by("document_id", "-created_at").distinct("document_id")
    )
    return {
        result.document_id: result
        for result in found.select_related("approved_by").defer("line_items", "extra").prefetch_related(fields)
    }


def _row(
    document: Document,
    job: Job | None,
    result: Result | None,
    reached: list[tuple[str, str]] | None = None,
    parts: int = 0,
) -> Row:
    values = {field.name: str(field.value) for field in result.fields.all()} if result else {}
    return Row(document, job, result, values, reached or [], parts)
