"""`manage.py reembed`: makes passages and vectors anew where the settings have changed since, without a gap."""

import time
from typing import IO, Any, cast
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analysis import reembedding, reprocessing
from jobs.models import OPEN, Priority, Status

_POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Cuts and embeds again the documents whose passages were made by another embedder, or cut in another way, than "
        "the settings name now, or whose pictures lack a vector of theirs. Each is found by its old passages and "
        "pictures until its new ones are swapped in. Works in the "
        "background, after what people wait for. Exits with 1 if --wait saw one fail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="all documents that were read")
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and do nothing")
        parser.add_argument("--wait", action="store_true", help="until they have ended, with a bar")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        chosen = reembedding.stale(everything=options["all"])
        console.print(f"{len(chosen.jobs):,} documents to embed again; {chosen.open:,} more are being worked on.")
        if options["dry_run"] or not chosen.jobs:
            return
        started, refused = reprocessing.start(chosen.jobs, from_stage=reembedding.STAGE, priority=Priority.BULK)
        console.print(f"{len(started):,} started, {sum(refused.values()):,} refused.")
        for reason, count in refused.most_common():
            console.print(f"  {count:,}: {reason}")
        if options["wait"]:
            _wait(console, started)


def _wait(console: Console, job_ids: list[UUID]) -> None:
    columns = TextColumn("Embedding again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=len(job_ids))
        while still_open := sum((now := reprocessing.statuses(job_ids))[status] for status in OPEN):
            progress.update(bar, completed=len(job_ids) - still_open)
            time.sleep(_POLL_SECONDS)
        progress.update(bar, completed=len(job_ids))
    console.print(", ".join(f"{count:,} {status}" for status, count in now.most_common()))
    if set(now) - {Status.DONE.value}:
        raise SystemExit(1)
