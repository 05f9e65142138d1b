"""What Prometheus scrapes: the counters of this host's processes, and how much work waits."""

import hmac
import os
from collections.abc import Iterator
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, F, Min
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import errors
from documents import tenancy
from jobs.models import WAITING, Status, Task
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
    """The work that waits or runs, counted in the database when it is scraped: the broker doesn't know it all."""

    def collect(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("vouch_queue_depth", "Tasks that could run now", labels=["queue"])
        oldest = GaugeMetricFamily("vouch_queue_oldest_seconds", "How long the oldest of them waits", labels=["queue"])
        working = GaugeMetricFamily("vouch_tasks_working", "Tasks that run", labels=["queue"])
        try:
            due, running = _counts()
        except DatabaseError as error:
            log.warning("queues_not_counted", error=type(error).__name__)
            return
        for queue in QUEUES:
            count, age = due.get(queue, (0, 0.0))
            depth.add_metric([queue], count)
            oldest.add_metric([queue], age)
            working.add_metric([queue], running.get(queue, 0))
        yield from (depth, oldest, working)


def _counts() -> tuple[dict[str, tuple[int, float]], dict[str, int]]:
    """By queue: (tasks due, seconds since the oldest was due), tasks that run."""
    with tenancy.as_sweeper():
        due = Task.objects.filter(status__in=WAITING, due_at__lte=Now()).values("queue")
        waiting = due.annotate(count=Count("pk"), age=Now() - Min(F("due_at")))
        running = Task.objects.filter(status=Status.WORKING).values("queue").annotate(count=Count("pk"))
        return (
            {row["queue"]: (row["count"], row["age"].total_seconds()) for row in waiting},
            {row["queue"]: row["count"] for row in running},
        )
