"""The job engine against bare Dramatiq, Celery, and the same SQL without an engine, on one machine in one run.

    python -m benchmarks.bench_queue

Starts its own PostgreSQL (commits are durable) and Valkey. Every contestant has 2 processes with 8 threads (Celery also
2 processes with one, as is its custom) and is frozen while others are measured; rounds are interleaved, medians are
printed. Exits with 1 if an aim of docs/benchmarks.md is missed.
"""

import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.queue import servers


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers and workers are stopped, too
    with tempfile.TemporaryDirectory(prefix="vouch-bench-") as folder, servers.running(Path(folder)) as ours:
        from benchmarks.queue import report  # late: the product's modules need the addresses of its servers

        return 1 if report.run(ours) else 0


if __name__ == "__main__":
    sys.exit(main())
