"""Secrets and signatures, as Standard Webhooks have them (standardwebhooks.com)."""

import secrets
from base64 import b64encode
from datetime import datetime
from uuid import UUID

from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

from jobs.models import Delivery

_PREFIX = "whsec_"


def new_secret() -> str:
    """`whsec_` and 32 random bytes as base64."""
    return _PREFIX + b64encode(secrets.token_bytes(32)).decode()


def callback_secret(workspace_id: UUID) -> str:
    """What a workspace's callbacks are signed with; made of the site's SECRET_KEY, so that it is kept nowhere."""
    derived = salted_hmac("jobs.webhooks.callback", str(workspace_id), algorithm="sha256")
    return _PREFIX + b64encode(derived.digest()).decode()


def headers(delivery: Delivery, body: str, at: datetime) -> dict[str, str]:
    """The three headers of one attempt. `at` is the database's time: a worker's clock may be wrong."""
    identifier = str(delivery.pk)
    signatures = [Webhook(secret).sign(identifier, at, body) for secret in _secrets(delivery, at)]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _secrets(delivery: Delivery, at: datetime) -> list[str]:
    """The secrets that sign, the latest first; the one before a rotation for as long as it is valid."""
    endpoint = delivery.endpoint
    if endpoint is None:
        return [callback_secret(delivery.workspace_id)]
    until = endpoint.previous_secret_until
    previous = [endpoint.previous_secret] if endpoint.previous_secret and until and at < until else []
    return [endpoint.secret, *previous]
