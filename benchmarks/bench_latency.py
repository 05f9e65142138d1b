"""From upload to result on an idle machine, against the bare engines doing the same work in the same run.

    python -m benchmarks.bench_latency

Starts its own PostgreSQL, Valkey and workers. Prints, for a one-page e-invoice and a photographed receipt, the median
time from the submission to the checked result, and its ratio to the bare work: reading, extracting and checking in warm
children; and the time to `done`, when it can be found by its passages, too.
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


def through_the_product(name: str, *, to_the_end: bool) -> Callable[[int], Callable[[], None]]:
    """Submits a sample, made different from the others of this run, and waits for its result; or for the job's end."""
    from django.core.files.base import ContentFile

    from analysis.models import Result
    from analysis.submission import submit_file
    from documents import tenancy
    from documents.models import User
    from jobs.models import Job

    user, _ = User.objects.get_or_create(username="benchmark")
    data = (BASE_DIR / "documents" / "samples" / name).read_bytes()

    def ended(job: Job) -> bool:
        with tenancy.as_user(user):
            found = Job.objects.get(pk=job.pk)
        assert found.is_open or found.status == "done", (found.error_code, found.error_detail)
        return not found.is_open

    def checked(job: Job) -> bool:
        with tenancy.as_user(user):
            return Result.objects.filter(job=job).exclude(validation={}).exists()

    def wait(until: Callable[[Job], bool], job: Job) -> None:
        while not until(job):
            time.sleep(0.002)

    def once(number: int) -> Callable[[], None]:
        different = data + b"\n" * (number + 1)  # after the end of a PDF or JPEG: other bytes, the same document
        with tenancy.as_user(user):
            workspace = tenancy.personal_workspace(user)
            file = ContentFile(different)
            job = submit_file(file, filename=name, workspace_id=workspace.id, user=user).job
        wait(ended if to_the_end else checked, job)
        return lambda: wait(ended, job)

    return once


def bare(name: str) -> Callable[[int], Callable[[], None]]:
    """The same work in warm children of this process: no database, no broker, no storage."""
    from analysis import checks, einvoice, extraction, reading
    from documents import sandbox, sniffing

    path = BASE_DIR / "documents" / "samples" / name

    def once(_number: int) -> Callable[[], None]:
        with path.open("rb") as file:
            media_type = sniffing.sniff(file, name)
        count = reading.inspect(path, media_type).page_count
        pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
        xml = sandbox.call("parse", einvoice.find_xml, path, media_type, timeout_s=60)
        checks.validate(extraction.extract(pages, xml=xml))
        return lambda: None

    return once


def median(function: Callable[[int], Callable[[], None]], first: int) -> float:
    """Seconds that the function takes; what it gives is called, unmeasured, before the next round."""
    function(first)()  # warm
    times = []
    for number in range(first + 1, first + 1 + ROUNDS):
        started = time.perf_counter()
        rest = function(number)
        times.append(time.perf_counter() - started)
        rest()
    return statistics.median(times)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vouch-bench-") as folder, running_product(Path(folder)):
        print(f"{'document':<14} {'result':>10} {'bare work':>10} {'ratio':>6} {'done':>10}")
        for name in ("factur-x.pdf", "receipt.jpg"):
            product, alone = median(through_the_product(name, to_the_end=False), 100), median(bare(name), 0)
            done = median(through_the_product(name, to_the_end=True), 200)
            figures = (
                f"{product * 1000:>7.0f} ms {alone * 1000:>7.0f} ms {product / alone:>6.2f} {done * 1000:>7.0f} ms"
            )
            print(f"{name:<14} {figures}")
        from documents import sandbox

        sandbox.shutdown()


if __name__ == "__main__":
    main()
