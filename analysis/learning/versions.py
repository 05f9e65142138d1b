"""Which model is active: promoted and rolled back by one row, seen by workers with their next task."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from django.db import transaction
from django.utils import timezone

from analysis.models import ModelVersion
from documents.errors import Conflict
from documents.models import User

log = structlog.get_logger(__name__)

FIELDS = "fields"  # the task of extraction
SAMPLE = "sample"  # in a version's metrics: {right, wrong, evidence} of the blind samples


@dataclass(frozen=True, slots=True)
class Reference:
    """The active model as a task's transaction saw it; its bytes are fetched outside of that."""

    name: str
    storage_key: str
    sha256: str
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def active(task: str = FIELDS) -> Reference | None:
    """The active model; None if none was ever promoted: then the shipped one is."""
    found = ModelVersion.objects.filter(task=task, status=ModelVersion.Status.ACTIVE).defer("metrics").first()
    return reference(found) if found else None


def reference(version: ModelVersion) -> Reference:
    """What a task needs to know of it."""
    return Reference(version.name, version.storage_key, version.sha256, version.thresholds)


def promote(version: ModelVersion, user: User | None = None) -> None:
    """`candidate|retired -> active`; the one that was active is retired. Workers use it from their next task on."""
    with transaction.atomic():
        _retire_active(version.task)
        version.status, version.promoted_at, version.promoted_by = version.Status.ACTIVE, timezone.now(), user
        version.save(update_fields=["status", "promoted_at", "promoted_by"])
    log.info("model_promoted", model=version.name, task=version.task)


def roll_back(task: str = FIELDS) -> ModelVersion | None:
    """`active -> retired`, and the one that was promoted before it is active again; None: the shipped model.

    Raises Conflict `no_active_model`.
    """
    with transaction.atomic():
        now = _retire_active(task)
        if now is None:
            raise Conflict("no_active_model", "The shipped model is in use; there is nothing to go back to.")
        earlier = ModelVersion.objects.filter(task=task, promoted_at__lt=now.promoted_at)
        before = earlier.order_by("-promoted_at").first()
        if before is not None:
            before.status = before.Status.ACTIVE
            before.save(update_fields=["status"])
    log.info("model_rolled_back", model=now.name, to=before.name if before else "shipped")
    return before


def _retire_active(task: str) -> ModelVersion | None:
    active = ModelVersion.objects.select_for_update(of=("self",)).filter(task=task, status=ModelVersion.Status.ACTIVE)
    if (now := active.first()) is not None:
        now.status = now.Status.RETIRED
        now.save(update_fields=["status"])
    return now
