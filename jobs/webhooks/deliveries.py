"""What people and the sweeper do with deliveries: replay, cancel, take back, forget."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from documents import tenancy
from documents.errors import Conflict
from jobs.models import OPEN, WAITING, Delivery, Status, WebhookTarget
from jobs.webhooks import claims, queueing, waking

_IDLE = timedelta(days=1)
_AFRESH: dict[str, Any] = {
    "status": Status.QUEUED,
    "attempts": 0,
    "error_code": "",
    "error_detail": "",
    "response_status": None,
    "finished_at": None,
}


def replay(delivery_id: UUID) -> Delivery:
    """`done|deadletter|cancelled -> queued`: sends it once more, under the same id, with all its attempts anew.

    Raises Delivery.DoesNotExist; Conflict `delivery_open`, `webhook_inactive`.
    """
    delivery = _locked(delivery_id)
    if delivery.status in OPEN:
        raise Conflict("delivery_open", "The delivery still waits to be taken; wait for its end, or cancel it.")
    if delivery.endpoint and not delivery.endpoint.active:
        raise Conflict("webhook_inactive", "The webhook is switched off; switch it on first.")
    replay_all(Delivery.objects.filter(pk=delivery_id))
    delivery.refresh_from_db()
    return delivery


def replay_all(chosen: QuerySet[Delivery]) -> int:
    """Replays those of the chosen that are over and whose endpoint is not switched off; returns how many."""
    over = chosen.exclude(status__in=OPEN).filter(Q(endpoint=None) | Q(endpoint__active=True))
    found = list(over.values_list("pk", "target"))
    targets = sorted({target for _, target in found})
    # Its target's row may have been cleared away.
    workspaces = dict(over.values_list("target", "workspace"))
    WebhookTarget.objects.bulk_create(
        [WebhookTarget(id=target, workspace_id=workspaces[target]) for target in targets], ignore_conflicts=True
    )
    keys = [pk for pk, _ in found]
    count = Delivery.objects.filter(pk__in=keys).exclude(status__in=OPEN).update(due_at=Now(), **_AFRESH)
    queueing.release(targets)
    waking.wake_on_commit(len(targets))
    return count


def cancel(delivery_id: UUID) -> Delivery:
    """`queued|retryable|working -> cancelled`; one that is on its way may still arrive. Conflict if it is over."""
    delivery = _locked(delivery_id)
    if delivery.status not in OPEN:
        raise Conflict("delivery_not_open", f"The delivery is {delivery.status}; there is nothing to cancel.")
    Delivery.objects.filter(pk=delivery_id).update(
        status=Status.CANCELLED, lease=None, lease_expires_at=None, finished_at=Now()
    )
    delivery.refresh_from_db()
    return delivery


def sweep() -> dict[str, int]:
    """Takes back what dead workers held, and wakes workers for what is due. Returns how much of each."""
    with tenancy.as_sweeper():
        taken_back = claims.take_back()
        ready = claims.ready().count()
    return {"deliveries_taken_back": taken_back, "deliveries_sent": waking.top_up(ready) if ready else 0}


def forget_targets() -> int:
    """Deletes the targets of callbacks that nothing was sent to for a day, and nothing waits for; returns how many."""
    with tenancy.as_sweeper(), connection.cursor() as cursor:
        # Whoever queues something inserts its target first, and so holds this lock off until it has committed.
        cursor.execute("set local lock_timeout = '2s'")
        cursor.execute("lock table jobs_webhooktarget in share row exclusive mode")
        waiting = Delivery.objects.filter(target=OuterRef("pk"), status__in=WAITING)
        idle = WebhookTarget.objects.filter(~Exists(waiting), id__contains="/", waits_until__lt=Now() - _IDLE)
        return idle.delete()[0]


def _locked(delivery_id: UUID) -> Delivery:
    return Delivery.objects.select_related("endpoint").select_for_update(of=("self",)).get(pk=delivery_id)
