"""Endpoints: addresses that a workspace wants to be told at."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models.functions import Now
from django.utils import timezone

from documents.errors import Conflict
from documents.models import User
from jobs.models import WAITING, Delivery, Status, WebhookEndpoint, WebhookTarget
from jobs.webhooks import addresses, payloads, queueing, signing

MOST = 20  # of one workspace: each end of a job is told to all of them
OVERLAP = timedelta(hours=24)  # that the secret before a rotation signs, too


def create(
    *, workspace_id: UUID, url: str, events: Sequence[str] = (), description: str = "", user: User | None = None
) -> WebhookEndpoint:
    """A new endpoint with a new secret. InvalidInput `webhook_url_refused`; Conflict `too_many_webhooks`."""
    addresses.check_url(url)
    if WebhookEndpoint.objects.filter(workspace_id=workspace_id).count() >= MOST:
        raise Conflict("too_many_webhooks", f"The workspace has {MOST} webhooks already; delete one first.")
    endpoint = WebhookEndpoint.objects.create(
        workspace_id=workspace_id,
        url=url,
        secret=signing.new_secret(),
        events=list(events),
        description=description,
        created_by=user,
    )
    WebhookTarget.objects.create(id=str(endpoint.pk), workspace_id=workspace_id)
    return endpoint


def change(endpoint_id: UUID, **values: Any) -> WebhookEndpoint:
    """Sets `url`, `events`, `description` or `active`. What waits for it goes to the new address, and at once.

    Raises WebhookEndpoint.DoesNotExist, InvalidInput `webhook_url_refused`.
    """
    endpoint = _locked(endpoint_id)
    if "url" in values:
        addresses.check_url(values["url"])
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*values])
    if values.get("active") is False:
        switch_off(endpoint, "webhook_inactive", "Its endpoint was switched off. Switch it on again and replay.")
    elif values.keys() & {"url", "active"}:
        queueing.release([str(endpoint.pk)])
    return endpoint


def rotate_secret(endpoint_id: UUID) -> WebhookEndpoint:
    """A new secret; the one before signs beside it for a day. Raises WebhookEndpoint.DoesNotExist."""
    endpoint = _locked(endpoint_id)
    endpoint.previous_secret, endpoint.previous_secret_until = endpoint.secret, timezone.now() + OVERLAP
    endpoint.secret = signing.new_secret()
    endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    return endpoint


def delete(endpoint_id: UUID) -> None:
    """Deletes it with its deliveries; one that is on its way can't be called back."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).delete()
    WebhookTarget.objects.filter(pk=str(endpoint_id)).delete()


def ping(endpoint_id: UUID) -> Delivery:
    """Queues a message that tells nothing. Conflict `webhook_inactive` for an endpoint that is switched off."""
    endpoint = _locked(endpoint_id)
    if not endpoint.active:
        raise Conflict("webhook_inactive", "The webhook is switched off; switch it on first.")
    now = timezone.now()
    payload = payloads.body(payloads.PING, now, webhook_id=str(endpoint.pk), workspace_id=str(endpoint.workspace_id))
    delivery = queueing.to_endpoint(endpoint, uuid5(endpoint.pk, f"ping {now.isoformat()}"), payload)
    queueing.insert([delivery])
    queueing.release([delivery.target])
    return delivery


def switch_off(endpoint: WebhookEndpoint, code: str, detail: str) -> None:
    """No more is sent to it; what waits becomes dead letters with that cause, to be replayed when it is on again."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(active=False)
    Delivery.objects.filter(endpoint=endpoint, status__in=WAITING).update(
        status=Status.DEADLETTER, finished_at=Now(), error_code=code, error_detail=detail
    )


def _locked(endpoint_id: UUID) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)
