"""Leases on deliveries: taken and settled by conditional UPDATEs on the database's clock, one at a time per target."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from prometheus_client import Counter

from documents import tenancy
from jobs.models import WAITING, Delivery, Status, WebhookTarget
from jobs.webhooks import endpoints
from jobs.webhooks.answers import Answer

log = structlog.get_logger(__name__)

DELIVERIES = Counter("vouch_webhook_deliveries_total", "Attempts to deliver a webhook", ["outcome"])

_LONGEST_REST = 600  # seconds that a failed target rests as a whole, unless it asks for more
_AT_ONCE = 4  # deliveries in flight of one workspace: its dead hosts must not take up all threads


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's lease on one delivery, of an attempt that began `at`, by the database's clock."""

    delivery: Delivery
    lease: UUID
    at: datetime


def ready() -> QuerySet[WebhookTarget]:
    """Targets that nobody is at, that don't rest, and that have a delivery which is due. In the sweeper's scope."""
    waiting = Delivery.objects.filter(target=OuterRef("pk"), status__in=WAITING).order_by("due_at")
    working = Delivery.objects.filter(workspace=OuterRef("workspace"), status=Status.WORKING).order_by()
    in_flight = Coalesce(Subquery(working.values("workspace").annotate(count=Count("pk")).values("count")), 0)
    # The first of each target by its index: EXISTS would be turned into a join with all that waits.
    targets = WebhookTarget.objects.alias(due=Subquery(waiting.values("due_at")[:1]), busy=in_flight)
    return targets.filter(waits_until__lte=Now(), due__lte=Now(), busy__lt=_AT_ONCE)


def take() -> Claim | None:
    """`queued|retryable -> working` for the first due delivery of the target that waited longest; None if none is due.

    The attempt counts from here, so that a worker's death counts too. Locks the target before the delivery, as all do.
    """
    with tenancy.as_sweeper():
        target = ready().select_for_update(skip_locked=True, of=("self",)).order_by("waits_until").first()
        if target is None:
            return None
        due = Delivery.objects.filter(target=target.pk, status__in=WAITING, due_at__lte=Now()).order_by("due_at", "pk")
        first = due.select_for_update(skip_locked=True).first()
        if first is None:  # cancelled at this moment
            return None
        return _lease(target, first)


def _lease(target: WebhookTarget, delivery: Delivery) -> Claim:
    lease, length = uuid4(), timedelta(seconds=settings.WEBHOOKS_TIMEOUT_SECONDS + settings.JOBS_LEASE_SECONDS)
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.WORKING,
        attempts=F("attempts") + 1,
        lease=lease,
        lease_expires_at=Now() + length,
        last_attempt_at=Now(),
    )
    WebhookTarget.objects.filter(pk=target.pk).update(waits_until=Now() + length)
    taken = Delivery.objects.select_related("endpoint").get(pk=delivery.pk)
    assert taken.last_attempt_at is not None
    return Claim(taken, lease, taken.last_attempt_at)


def settle(claim: Claim, answer: Answer, url: str) -> bool:
    """`working -> done | retryable | deadletter`, after an attempt at `url`. False if the lease is ours no more."""
    delivery = claim.delivery
    with tenancy.as_sweeper():
        target = WebhookTarget.objects.select_for_update().filter(pk=delivery.target).first()
        status = _status_after(delivery, answer)
        wait = _back_off(delivery.attempts, answer)
        held = Delivery.objects.filter(pk=delivery.pk, lease=claim.lease, status=Status.WORKING)
        ours = held.update(
            status=status,
            url=url,
            lease=None,
            lease_expires_at=None,
            due_at=Now() + wait if status == Status.RETRYABLE else F("due_at"),
            finished_at=None if status == Status.RETRYABLE else Now(),
            response_status=answer.status,
            error_code=answer.code,
            error_detail=answer.detail,
        )
        if not ours:
            log.info("lease_lost", delivery=str(delivery.pk))
            return False
        if target is not None:
            _rest(target, delivery, answer)
        if answer.gone and delivery.endpoint is not None:
            endpoints.switch_off(delivery.endpoint, answer.code, answer.detail)
    DELIVERIES.labels(outcome=status.value).inc()
    return True


def _status_after(delivery: Delivery, answer: Answer) -> Status:
    if answer.taken:
        return Status.DONE
    last = delivery.attempts > len(settings.WEBHOOKS_RETRY_SECONDS)
    return Status.DEADLETTER if last or answer.final else Status.RETRYABLE


def _back_off(failures: int, answer: Answer) -> timedelta:
    """The wait after so many failures, jittered by a quarter; longer if the answer asks for it."""
    waits = settings.WEBHOOKS_RETRY_SECONDS or [0]
    seconds = waits[min(failures, len(waits)) - 1] * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret
    return timedelta(seconds=max(seconds, answer.retry_after))


def _rest(target: WebhookTarget, delivery: Delivery, answer: Answer) -> None:
    """A target that took something is free again; one that failed rests, the longer the more often in a row."""
    if answer.taken or answer.final:
        free: dict[str, Any] = {} if answer.final else {"failures": 0, "failing_since": None}
        WebhookTarget.objects.filter(pk=target.pk).update(waits_until=Now(), **free)
        return
    rest = _back_off(target.failures + 1, answer)
    longest = timedelta(seconds=max(_LONGEST_REST, answer.retry_after))
    WebhookTarget.objects.filter(pk=target.pk).update(
        waits_until=Now() + min(rest, longest),
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Now()),
    )
    _give_up_on_others(target, delivery, answer)


def _give_up_on_others(target: WebhookTarget, delivery: Delivery, answer: Answer) -> None:
    """Once a target has failed for as long as one delivery is tried, what waited for it as long is a dead letter too.

    One at a time, with rests between, they would never come to all their attempts.
    """
    *_, whole = accumulate([0, *settings.WEBHOOKS_RETRY_SECONDS])
    long_ago = Now() - timedelta(seconds=whole)
    if WebhookTarget.objects.filter(pk=target.pk, failing_since__lt=long_ago).exists():
        others = Delivery.objects.filter(target=target.pk, status__in=WAITING).exclude(pk=delivery.pk)
        others.filter(created_at__lt=long_ago).update(
            status=Status.DEADLETTER, finished_at=Now(), error_code=answer.code, error_detail=answer.detail
        )


def take_back() -> int:
    """Deliveries whose worker died: `working -> retryable`, or to the dead letters when no attempt is left."""
    expired = Delivery.objects.filter(status=Status.WORKING, lease_expires_at__lt=Now())
    ended: dict[str, Any] = {
        "lease": None,
        "lease_expires_at": None,
        "error_code": "worker_lost",
        "error_detail": "The worker died while it sent this, so that nobody knows whether it was taken.",
    }
    last = expired.filter(attempts__gt=len(settings.WEBHOOKS_RETRY_SECONDS))
    count = last.update(status=Status.DEADLETTER, finished_at=Now(), **ended)
    return count + expired.update(status=Status.RETRYABLE, due_at=Now(), **ended)
