"""From upload to result on an idle machine, against the bare engines doing the same work in the same run.

    python -m benchmarks.bench_latency

Starts its own PostgreSQL, Valkey and workers. Prints, for a one-page e-invoice and a photographed receipt, the median
time from the submission to `done`, and its ratio to the bare work: reading, extracting and checking in warm children.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ROUNDS = 7


@contextmanager
def running_product(folder: Path) -> Iterator[None]:
    """PostgreSQL, Valkey, the database and the workers of the local mode."""
    from config.embedded import postgres, valkey

    (folder / "metrics").mkdir()
    with ExitStack() as stack:
        database = stack.enter_context(postgres.server(folder / "postgres"))
        broker = stack.enter_context(valkey.server(folder / "valkey"))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "benchmark-" + "x" * 50,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database.url("vouch_app"),
            "DATABASE_OWNER_URL": database.url(),
            "REDIS_URL": broker.url(),
            "CACHE_HOURS": "0",  # the same pages again and again
            "LOG_LEVEL": "WARNING",
        }
        import django

        django.setup()
        from config.local import programs
        from config.management.commands.setup_database import set_up

        set_up(database.url(), database.url("vouch_app"))
        for queues, threads in ((["ocr"], 1), (["default", "extract"], 4)):
            stack.enter_context(program(programs.worker(queues, threads=threads), folder))
        yield


@contextmanager
def program(command: list[str], folder: Path) -> Iterator[None]:
    from config.local import programs

    process = subprocess.Popen(command, env=programs.environment(folder) | os.environ, cwd=BASE_DIR)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def through_the_product(name: str) -> Callable[[int], None]:
    """Submits a sample, made different from the others of this run, and waits for its end."""
    from django.core.files.base import ContentFile

    from analysis.submission import submit_file
    from documents import tenancy
    from documents.models import User
    from jobs.models import Job

    user, _ = User.objects.get_or_create(username="benchmark")
    data = (BASE_DIR / "documents" / "samples" / name).read_bytes()

    def once(number: int) -> None:
        different = data + b"\n" * (number + 1)  # after the end of a PDF or JPEG: other bytes, the same document
        with tenancy.as_user(user):
            workspace = tenancy.personal_workspace(user)
            file = ContentFile(different)
            job = submit_file(file, filename=name, workspace_id=workspace.id, user=user).job
        while True:
            with tenancy.as_user(user):
                found = Job.objects.get(pk=job.pk)
            if not found.is_open:
                assert found.status == "done", (found.error_code, found.error_detail)
                return
            time.sleep(0.002)

    return once


def bare(name: str) -> Callable[[int], None]:
    """The same work in warm children of this process: no database, no broker, no storage."""
    from analysis import checks, einvoice, extraction, reading
    from documents import sandbox, sniffing

    path = BASE_DIR / "documents" / "samples" / name

    def once(_number: int) -> None:
        with path.open("rb") as file:
            media_type = sniffing.sniff(file, name)
        count = reading.inspect(path, media_type).page_count
        pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
        xml = sandbox.call("parse", einvoice.find_xml, path, media_type, timeout_s=60)
        checks.validate(extraction.extract(pages, xml=xml))

    return once


def median(function: Callable[[int], None], first: int) -> float:
    function(first)  # warm
    times = []
    for number in range(first + 1, first + 1 + ROUNDS):
        started = time.perf_counter()
        function(number)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vouch-bench-") as folder, running_product(Path(folder)):
        print(f"{'document':<14} {'product':>10} {'bare work':>10} {'ratio':>6}")
        for name in ("factur-x.pdf", "receipt.jpg"):
            product, alone = median(through_the_product(name), 100), median(bare(name), 0)
            print(f"{name:<14} {product * 1000:>7.0f} ms {alone * 1000:>7.0f} ms {product / alone:>6.2f}")
        from documents import sandbox

        sandbox.shutdown()


if __name__ == "__main__":
    main()
