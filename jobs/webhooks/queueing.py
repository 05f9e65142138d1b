"""Making deliveries: in the transaction of what they tell of, under ids that a repetition makes again."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from jobs.models import Delivery, Event, Job, NewEvent, Status, WebhookEndpoint, WebhookTarget
from jobs.webhooks import addresses, payloads, waking

_CALLBACKS = UUID("5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c10")  # uuid5 namespace


def tell(job: Job, event: Event | NewEvent) -> None:
    """Queues what is to be sent of an event. For most types it costs nothing, for a job's end one query.

    In the event's transaction and scope, so that there is a delivery exactly if there is the event.
    """
    if event.type not in payloads.ENDS:
        return
    name = f"{job.pk} {event.seq}"
    payload: dict[str, Any] | None = None
    found = []
    for endpoint in _interested(job.workspace_id, event.type):
        payload = payload or payloads.of_job(job, event)
        found.append(to_endpoint(endpoint, uuid5(endpoint.pk, name), payload, job_id=job.pk))
    if job.callback_url:
        payload = payload or payloads.of_job(job, event)
        found.append(_to_callback(job, uuid5(_CALLBACKS, name), payload))
    insert(found)


def tell_of_result(job_id: UUID, workspace_id: UUID, version: int, payload: dict[str, Any]) -> None:
    """Queues what is to be sent of a change to a job's result, which made that version of it."""
    name = f"{job_id} result {version}"
    insert(
        to_endpoint(endpoint, uuid5(endpoint.pk, name), payload, job_id=job_id)
        for endpoint in _interested(workspace_id, payload["type"])
    )


def to_endpoint(
    endpoint: WebhookEndpoint, identifier: UUID, payload: dict[str, Any], *, job_id: UUID | None = None
) -> Delivery:
    """A delivery to an endpoint, not yet in the database."""
    return Delivery(
        id=identifier,
        workspace_id=endpoint.workspace_id,
        endpoint=endpoint,
        job_id=job_id,
        url=endpoint.url,
        target=str(endpoint.pk),
        type=payload["type"],
        payload=payload,
        due_at=Now(),
    )


def insert(deliveries: Iterable[Delivery]) -> None:
    """Writes them, leaving out those that are there already, and wakes a worker for each on commit."""
    made = list(deliveries)
    if made:
        Delivery.objects.bulk_create(made, ignore_conflicts=True)
        waking.wake_on_commit(len(made))


def release(targets: Sequence[str]) -> None:
    """Ends the rest of targets that failed, because somebody wants to know now whether they work again.

    Those that somebody is at are left alone. Locked first, so that the second statement sees what a claim did.
    """
    locked = WebhookTarget.objects.select_for_update().filter(pk__in=targets).order_by("pk")
    names = list(locked.values_list("pk", flat=True))
    busy = Delivery.objects.filter(target=OuterRef("pk"), status=Status.WORKING)
    WebhookTarget.objects.filter(~Exists(busy), pk__in=names).update(waits_until=Now())


def _interested(workspace_id: UUID, type_: str) -> list[WebhookEndpoint]:
    active = WebhookEndpoint.objects.filter(workspace_id=workspace_id, active=True)
    return [endpoint for endpoint in active if not endpoint.events or type_ in endpoint.events]


def _to_callback(job: Job, identifier: UUID, payload: dict[str, Any]) -> Delivery:
    target = addresses.callback_target(job.workspace_id, job.callback_url)
    WebhookTarget.objects.bulk_create([WebhookTarget(id=target, workspace_id=job.workspace_id)], ignore_conflicts=True)
    return Delivery(
        id=identifier,
        workspace_id=job.workspace_id,
        job_id=job.pk,
        url=job.callback_url,
        target=target,
        type=payload["type"],
        payload=payload,
        due_at=Now(),
    )
