"""What Prometheus sees of the engine."""

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from jobs.models import Job, Status

SUBMITTED = Counter("vouch_jobs_submitted_total", "Jobs submitted", ["type"])
COMPLETED = Counter("vouch_jobs_completed_total", "Jobs ended", ["status"])
FAILED = Counter("vouch_jobs_failed_total", "Jobs sent to the dead letters", ["error"])
TASK_SECONDS = Histogram(
    "vouch_task_latency_seconds",
    "From the claim of a task to its commit",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
TASK_RETRIES = Counter("vouch_task_retries_total", "Tasks that failed and will be tried again", ["stage", "error"])
LEASES_EXPIRED = Counter("vouch_lease_expiries_total", "Leases whose worker died or hung", ["stage"])
HANDED_BACK = Counter("vouch_worker_handed_back_total", "Tasks that did not end within the grace time of their worker")
DRAINS = Counter("vouch_worker_drains_total", "Worker processes that were told to stop, or to be replaced")
RECYCLES = Counter("vouch_worker_recycles_total", "Worker processes that were replaced for their wear", ["reason"])
SWEPT_AT = Gauge(
    "vouch_sweeper_last_round_timestamp_seconds",
    "When the sweeper's last round succeeded",
    multiprocess_mode="max",
)


def count_end(job: Job) -> None:
    """Counts a job's end. A transaction that fails afterwards counts too: metrics are no ledger."""
    COMPLETED.labels(status=job.status).inc()
    if job.status == Status.DEADLETTER:
        FAILED.labels(error=job.error_code).inc()


def serve() -> None:
    """Serves this process's figures on WORKER_METRICS_PORT, for workers that share no folder with a web server."""
    if settings.WORKER_METRICS_PORT:
        start_http_server(settings.WORKER_METRICS_PORT)
