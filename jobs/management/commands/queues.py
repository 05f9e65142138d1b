"""`manage.py queues [pause|resume QUEUE]`: how deep the queues are, and the switch that pauses one."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from documents import tenancy
from documents.errors import DomainError
from documents.templatetags.vouch import duration
from jobs import board, queues


class Command(BaseCommand):
    help = "Shows what waits and runs in each queue; pauses or resumes one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action")
        pause = actions.add_parser("pause", help="begin no more tasks of a queue; what runs goes on")
        pause.add_argument("queue")
        pause.add_argument("--reason", default="", help="shown to everybody whose jobs wait")
        actions.add_parser("resume", help="begin its tasks again").add_argument("queue")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "pause":
                queues.pause(options["queue"], reason=options["reason"])
            elif options["action"] == "resume":
                queues.resume(options["queue"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        with tenancy.as_sweeper():
            found = board.of_queues()
        Console(file=cast(IO[str], self.stdout)).print(_table(found))


def _table(found: list[board.QueueState]) -> Table:
    table = Table("Queue", "Waiting", "Longest wait", "Running", "Trying again", "State")
    for queue in found:
        load, pause = queue.load, queue.pause
        state = f"paused since {pause.since:%Y-%m-%d %H:%M}, {pause.reason}".rstrip(", ") if pause else "open"
        numbers = (str(load.waiting), duration(load.oldest) or "-", str(load.working), str(load.backing_off))
        table.add_row(queue.name, *numbers, state)
    return table
