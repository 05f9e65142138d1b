"""`manage.py models list|promote|rollback`: trained models, and which of them is active."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from analysis.learning import versions
from analysis.models import ModelVersion
from documents.errors import DomainError


class Command(BaseCommand):
    help = (
        "Lists trained models, makes one active, or goes back to the one before. Workers follow with their next task."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["list", "promote", "rollback"])
        parser.add_argument("name", nargs="?", help="of the model to promote")
        parser.add_argument("--task", choices=["fields", "sentiment"], default="fields", help="whose model goes back")

    def handle(self, *args: Any, action: str, name: str | None, task: str, **options: Any) -> None:
        if action == "promote":
            versions.promote(_version(name))
        elif action == "rollback":
            try:
                versions.roll_back(task)
            except DomainError as error:
                raise CommandError(error.detail) from error
        self._list()

    def _list(self) -> None:
        if not ModelVersion.objects.exists():
            self.stdout.write("None was trained here; those that came with Vouch read. `manage.py train` makes one.")
            return
        table = Table("Name", "Task", "Status", "Trained", "Learned from", "Approves")
        for one in ModelVersion.objects.all():
            trained_on = one.metrics.get("trained_on", {})
            count = trained_on.get("documents", trained_on.get("texts", ""))
            made = f"{one.created_at:%Y-%m-%d %H:%M}"
            table.add_row(one.name, one.task, one.status, made, str(count), ", ".join(one.thresholds))
        Console(file=cast(IO[str], self.stdout)).print(table)


def _version(name: str | None) -> ModelVersion:
    found = ModelVersion.objects.filter(name=name).first() if name else None
    if found is None:
        raise CommandError("There is no such model; `manage.py models list` names them.")
    return found
