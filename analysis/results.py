"""Results as rows, and rows as findings again."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from analysis import duplicates
from analysis.findings import Extraction, Found, Issue, LineItem, Validation
from analysis.models import Field, Result
from documents.pages import Box
from jobs.models import Job

_ISSUES = "issues"  # of the extraction, beside what else a result keeps in `extra`
SECTIONS = "sections"  # likewise: the headings of a manual
LINE_ITEMS = "line_items"  # as the name of what a correction changed


def store(job: Job, extraction: Extraction) -> Result:
    """The result of a job that has a document, made or replaced; its validation is empty until `set_validation`.

    It has the job's id, so that its address is known as soon as the file was sent. What a person corrected stays as
    they left it, however often the job is run again. The caller holds the job's lock.
    """
    assert job.document_id is not None
    result = Result.objects.select_for_update(of=("self",)).filter(job=job).first()
    if result is None:
        result = Result(id=job.id, job=job, workspace_id=job.workspace_id, document_id=job.document_id, version=0)
    corrected = set() if result.version == 0 else set(result.corrections.values_list("field", flat=True))
    _describe(result, extraction, corrected)
    result.fields.exclude(name__in=corrected).delete()
    Field.objects.bulk_create(
        field_of(result, name, found) for name, found in extraction.fields.items() if name not in corrected
    )
    return result


def _describe(result: Result, extraction: Extraction, corrected: set[str]) -> None:
    result.document_type, result.model_version = extraction.document_type, extraction.model_version
    result.extra = extraction.extra | {_ISSUES: [asdict(issue) for issue in extraction.issues]}
    result.validation = {}
    if LINE_ITEMS not in corrected:
        result.line_items = line_items_as_json(extraction.line_items)
    result.review_status = Result.ReviewStatus.CORRECTED if corrected else Result.ReviewStatus.PENDING
    result.approved_by, result.approved_at = None, None
    result.automatic, result.sampled = False, False
    result.version += 1
    kept = {field.name: _found(field) for field in result.fields.filter(name__in=corrected)} if corrected else {}
    duplicates.identify(result, replace(extraction, fields=extraction.fields | kept))
    result.save()


def set_validation(result: Result, validation: Validation) -> None:
    """Writes what the checks found, and other results say. The version stays: validation follows from the values."""
    result.validation = asdict(duplicates.examined(result, extraction_of(result), validation))
    result.save(update_fields=["validation", "twin", "updated_at"])


def extraction_of(result: Result) -> Extraction:
    """The findings that the rows of a result stand for, for the checks and for exports."""
    return Extraction(
        document_type=result.document_type,
        fields={field.name: _found(field) for field in result.fields.all()},
        line_items=[line_item_of(item) for item in result.line_items],
        extra={name: value for name, value in result.extra.items() if name != _ISSUES},
        issues=[Issue(**issue | {"fields": tuple(issue["fields"])}) for issue in result.extra.get(_ISSUES, [])],
        model_version=result.model_version,
    )


def field_of(result: Result, name: str, found: Found) -> Field:
    """The row for a value, unsaved."""
    return Field(
        workspace_id=result.workspace_id,
        result=result,
        name=name,
        value=found.value,
        raw=found.raw,
        page=found.page,
        box=list(found.box) if found.box else None,
        confidence=found.confidence,
        source=found.source,
    )


def _found(field: Field) -> Found:
    box = Box(*field.box) if field.box else None
    return Found(field.value, field.raw, field.page, box, field.confidence, field.source)  # type: ignore[arg-type]


def line_items_as_json(items: Iterable[LineItem]) -> list[dict[str, Any]]:
    return [asdict(item) | {"box": list(item.box) if item.box else None} for item in items]


def line_item_of(item: dict[str, Any]) -> LineItem:
    return LineItem(**(item | {"box": Box(*item["box"]) if item.get("box") else None}))


def as_json(result: Result) -> dict[str, Any]:
    """The result in the form of the HTTP contract: what the API answers and `manage.py process --json` prints."""
    return {
        "result_id": str(result.id),
        "job_id": str(result.job_id),
        "document_id": str(result.document_id),
        "document_type": result.document_type,
        "review_status": result.review_status,
        "fields": {
            field.name: {name: getattr(field, name) for name in ("value", "raw", "confidence", "page", "box", "source")}
            for field in result.fields.all()
        },
        "line_items": result.line_items,
        "sections": result.extra.get(SECTIONS, []),
        "validation": result.validation,
        "twin_id": str(result.twin_id) if result.twin_id else None,
        "model_version": result.model_version,
        "version": result.version,
    }
