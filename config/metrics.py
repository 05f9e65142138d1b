"""What Prometheus scrapes: the counters of this host's processes, and how much work waits."""

import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import cast

import dramatiq
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from dramatiq.errors import BrokerConnectionError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import errors
from documents import tenancy
from jobs import actors
from jobs.broker import RedisBroker
from jobs.models import OPEN, WAITING, Delivery, Job, QueuePause, Status, Task
from jobs.stages import QUEUES

log = structlog.get_logger(__name__)


def metrics(request: HttpRequest) -> HttpResponse:
    """The Prometheus text format, for this machine alone or whoever has METRICS_TOKEN."""
    if not _may_read(request):
        detail = "Metrics are for this machine alone; from elsewhere send METRICS_TOKEN as a bearer token."
        body = errors.problem(request, 403, detail=detail)
        return JsonResponse(body, status=403, content_type=errors.CONTENT_TYPE)
    waiting = CollectorRegistry()
    waiting.register(QueueCollector())
    text = generate_latest(_registry()) + generate_latest(waiting)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    # Behind a proxy on this machine everybody comes from here.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:  # a Unix socket has none
        return False


def _registry() -> CollectorRegistry:
    """With PROMETHEUS_MULTIPROC_DIR the sums over all processes that share that folder, else this process's own."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class QueueCollector(Collector):
    """The work that waits or runs, counted when it is scraped: in the database, and the messages in the broker."""

    def collect(self) -> Iterator[Metric]:
        try:
            yield from _from_database()
        except DatabaseError as error:
            log.warning("queues_not_counted", error=type(error).__name__)
        try:
            broker = cast(RedisBroker, dramatiq.get_broker())
            lengths = {queue: broker.queue_length(queue) for queue in _ALL_QUEUES}
        except BrokerConnectionError as error:
            log.warning("messages_not_counted", error=type(error).__name__)
        else:
            says = "Messages that wait in the broker to wake a worker up"
            yield _by_queue("vouch_queue_messages", says, lengths, queues=_ALL_QUEUES)


def _from_database() -> Iterator[Metric]:
    with tenancy.as_sweeper():
        tasks = {status: _tasks(status) for status in (Status.QUEUED, Status.WORKING, Status.RETRYABLE)}
        leased = _tasks(Status.WORKING, lease_expires_at__gte=Now())
        paused = dict.fromkeys(QueuePause.objects.values_list("queue", flat=True), (1, 0.0))
        jobs = {
            "vouch_jobs_held": ("Jobs that wait until their user has fewer", Job.objects.filter(_HELD).count()),
            "vouch_deadletters": ("Jobs in the dead letters now", Job.objects.filter(status=Status.DEADLETTER).count()),
            "vouch_webhooks_due": ("Webhooks that wait to be sent", Delivery.objects.filter(_DUE).count()),
            "vouch_webhooks_dead": ("Webhooks that were given up", Delivery.objects.filter(_DEAD).count()),
        }
    counted = {
        "vouch_queue_depth": ("Tasks that could run now", tasks[Status.QUEUED]),
        "vouch_queue_backing_off": ("Tasks that failed and are not due yet", tasks[Status.RETRYABLE]),
        "vouch_queue_paused": ("Whether no task of the queue is begun", paused),
        "vouch_tasks_working": ("Tasks that run", tasks[Status.WORKING]),
        "vouch_leases_held": ("Tasks whose worker has shown itself lately", leased),
    }
    for name, (says, found) in counted.items():
        yield _by_queue(name, says, {queue: count for queue, (count, _) in found.items()})
    ages = {queue: age for queue, (_, age) in tasks[Status.QUEUED].items()}
    yield _by_queue("vouch_queue_oldest_seconds", "How long the oldest of the tasks that could run waits", ages)
    for name, (says, count) in jobs.items():
        yield GaugeMetricFamily(name, says, value=count)


def _tasks(status: Status, **more: object) -> dict[str, tuple[int, float]]:
    """By queue: how many tasks there are, and seconds since the oldest was due."""
    found = Task.objects.filter(status=status, **more).order_by().values("queue")
    rows = found.annotate(count=Count("pk"), age=Now() - Min(F("due_at")))
    return {row["queue"]: (row["count"], row["age"].total_seconds()) for row in rows}


def _by_queue(name: str, says: str, values: Mapping[str, float], *, queues: Sequence[str] = QUEUES) -> Metric:
    """A figure for each queue, 0 where there is none."""
    family = GaugeMetricFamily(name, says, labels=["queue"])
    for queue in queues:
        family.add_metric([queue], values.get(queue, 0))
    return family


_ALL_QUEUES = (*QUEUES, actors.WEBHOOKS)
_HELD = Q(held=True, status__in=OPEN)
_DUE = Q(status__in=WAITING, due_at__lte=Now())
_DEAD = Q(status=Status.DEADLETTER)
