"""Sending what is due: one attempt, within one deadline, without redirects, proxies or private addresses."""

import json
import ssl
from functools import cache

import httpcore
import httpx
import structlog
from django.conf import settings

from documents.errors import InvalidInput
from jobs.webhooks import addresses, answers, claims, signing, waking
from jobs.webhooks.answers import Answer
from jobs.webhooks.claims import Claim
from jobs.webhooks.connecting import Deadline, GuardedBackend

log = structlog.get_logger(__name__)

_MOST_READ = 64 * 1024  # bytes of an answer; they are thrown away


def run() -> bool:
    """Sends the delivery that is next, if one is due; whether one was."""
    claim = claims.take()
    if claim is None:
        return False
    delivery = claim.delivery
    url = delivery.endpoint.url if delivery.endpoint else delivery.url
    with structlog.contextvars.bound_contextvars(delivery=str(delivery.pk), type=delivery.type):
        answer = _attempt(claim, url)
        claims.settle(claim, answer, url)
        log.info("webhook_sent" if answer.taken else "webhook_failed", status=answer.status, code=answer.code)
    waking.wake()  # messages of its target that came meanwhile found it taken, and are spent
    return True


def _attempt(claim: Claim, url: str) -> Answer:
    delivery = claim.delivery
    if delivery.endpoint and not delivery.endpoint.active:
        return Answer(code="webhook_inactive", detail="Its endpoint is switched off.", final=True)
    body = json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False)
    try:
        return post(url, body.encode(), signing.headers(delivery, body, claim.at))
    except InvalidInput as error:
        return Answer(code=error.code, detail=error.detail, final=True)
    except Exception as error:  # a fault of ours is this delivery's alone, and ends with its attempts
        log.exception("webhook_not_sent")
        return Answer(code="internal_error", detail=f"{type(error).__name__}: see the worker's log for the trace.")


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """One attempt. InvalidInput `webhook_url_refused` if the address is none to send to, or leads to one."""
    addresses.check_url(url)
    deadline, parsed = Deadline(settings.WEBHOOKS_TIMEOUT_SECONDS), httpx.URL(url)
    target = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    sent = {
        "Host": parsed.netloc.decode(),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": "Vouch-Webhooks/1",
        **headers,
    }
    try:
        # A pool of its own for each attempt: a connection that is kept is one whose address was checked long ago.
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=GuardedBackend(deadline)) as pool,
            pool.stream("POST", target, headers=list(sent.items()), content=body) as response,
        ):
            _drain(response)
            return answers.of_status(response.status, response.headers)
    except httpcore.TimeoutException:
        detail = f"It did not answer within {settings.WEBHOOKS_TIMEOUT_SECONDS} seconds."
        return Answer(code="webhook_timeout", detail=detail)
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        return Answer(code="webhook_unreachable", detail=f"{type(error).__name__}: {error}"[:300])


def _drain(response: httpcore.Response) -> None:
    """Reads a little of the answer, so that its sender can finish. It has answered: what happens now doesn't matter."""
    read = 0
    try:
        for chunk in response.iter_stream():
            read += len(chunk)
            if read >= _MOST_READ:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass


@cache
def _tls() -> ssl.SSLContext:
    """The usual authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
    return httpx.create_ssl_context()
