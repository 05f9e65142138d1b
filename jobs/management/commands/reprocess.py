"""`manage.py reprocess`: runs jobs again that are over, chosen by what they are, when they came and what they found."""

import time
from argparse import ArgumentTypeError
from collections import Counter
from datetime import UTC, datetime
from typing import IO, Any, cast
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from analysis.reprocessing import Chosen, Filters, choose, start, statuses
from documents.models import User, Workspace
from jobs.models import OPEN, Priority, Status

_MANY = 100  # more than that are not started without --yes
_SHOWN = 30
_POLL_SECONDS = 0.5


def moment(text: str) -> datetime:
    """2026-03-01 or 2026-03-01T12:00; UTC unless it says otherwise."""
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no date; write it like 2026-03-01 or 2026-03-01T12:00.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Runs jobs that are over again. Of several jobs over one document the latest counts, unless --job names them. "
        "Open jobs are left alone. Exits with 1 if --wait saw one fail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        chosen = parser.add_argument_group("which jobs (all conditions must hold)")
        chosen.add_argument("--kind", help="the type that was asked for when it was handed in")
        chosen.add_argument("--type", dest="document_type", help="the type of the result")
        chosen.add_argument("--since", type=moment, metavar="DATE", help="handed in then or later (UTC)")
        chosen.add_argument("--until", type=moment, metavar="DATE", help="handed in before")
        chosen.add_argument("--workspace", help="the id of a workspace, or the name of a user for their own")
        chosen.add_argument("--model-version", help="the result's, or the beginning of it")
        chosen.add_argument("--status", choices=[Status.DONE, Status.DEADLETTER, Status.CANCELLED])
        chosen.add_argument("--error-code", help="the cause of death, such as storage_failed")
        chosen.add_argument("--document", type=UUID, action="append", default=[], metavar="ID", help="may be repeated")
        chosen.add_argument("--job", type=UUID, action="append", default=[], metavar="ID", help="may be repeated")
        chosen.add_argument("--limit", type=int, metavar="N", help="the oldest N of them")
        doing = parser.add_argument_group("what to do with them")
        doing.add_argument("--from-stage", default="", metavar="STAGE", help="where they stopped, if not given")
        doing.add_argument("--priority", choices=["bulk", "interactive"], default="bulk", help="bulk, if not given")
        doing.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        doing.add_argument("--yes", action="store_true", help=f"start more than {_MANY}")
        doing.add_argument("--wait", action="store_true", help="until they have ended")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout))
        chosen = choose(_filters(options))
        if not chosen.jobs and not chosen.open:
            raise CommandError("No job fits these conditions. Loosen one, or look with `--dry-run` what others give.")
        console.print(_summary(chosen))
        if chosen.open:
            console.print(f"{chosen.open} more are open and are left alone.")
        if options["dry_run"] or not chosen.jobs:
            return
        if len(chosen.jobs) > _MANY and not options["yes"]:
            raise CommandError(f"{len(chosen.jobs):,} jobs are more than {_MANY}: add --yes if you mean them all.")
        priority = Priority[options["priority"].upper()]
        started, refused = start(chosen.jobs, from_stage=options["from_stage"], priority=priority)
        console.print(f"{len(started)} started again, {sum(refused.values())} refused.")
        for reason, count in refused.most_common(_SHOWN):
            console.print(f"  {count}: {reason}", highlight=False)
        if options["wait"]:
            _report(console, _wait(started))


def _filters(options: dict[str, Any]) -> Filters:
    named = ("kind", "document_type", "since", "until", "model_version", "status", "error_code")
    given = {name: options[name] for name in named if options[name] is not None}
    given |= {"documents": options["document"], "jobs": options["job"], "limit": options["limit"]}
    if options["workspace"]:
        given["workspace"] = _workspace(options["workspace"])
    filters = Filters(**given)
    if filters.is_empty:
        raise CommandError("Nothing is chosen. Name at least one condition; `--help` lists them.")
    return filters


def _workspace(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        user = User.objects.filter(username=text).first()
    if user is None:
        raise CommandError(f"There is no user {text!r}; give a user's name or a workspace's id.")
    return Workspace.personal_id(user)


def _summary(chosen: Chosen) -> Table:
    groups = Counter((one.pipeline, one.status, one.error_code, one.document_type) for one in chosen.jobs)
    table = Table("Pipeline", "Status", "Cause", "Type", "Jobs", title=f"{len(chosen.jobs):,} jobs")
    for group, count in groups.most_common(_SHOWN):
        table.add_row(*group, f"{count:,}")
    return table


def _wait(job_ids: list[UUID]) -> Counter[str]:
    """Their statuses once none is open, with a bar on standard error until then."""
    columns = TextColumn("Running again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=len(job_ids))
        while True:
            now = statuses(job_ids)
            still_open = sum(now[status] for status in OPEN)
            progress.update(bar, completed=len(job_ids) - still_open)
            if not still_open:
                return now
            time.sleep(_POLL_SECONDS)


def _report(console: Console, ended: Counter[str]) -> None:
    console.print(", ".join(f"{count} {status}" for status, count in ended.most_common()))
    if set(ended) - {Status.DONE.value}:
        raise SystemExit(1)
