"""`manage.py shadow CANDIDATE`: what a model would have read in the latest documents, before it is promoted."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.learning import registry, shadow, versions
from analysis.models import ModelVersion
from documents.errors import DomainError

_KINDS = ("same", "changed", "new", "lost")


class Command(BaseCommand):
    help = "Reads the latest documents with a candidate and with the active model, and compares. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("candidate", help="the name of a model (`manage.py models list`)")
        parser.add_argument("--days", type=int, default=30, metavar="N", help="documents of the last N days (30)")

    def handle(self, *args: Any, candidate: str, days: int, **options: Any) -> None:
        version = ModelVersion.objects.filter(name=candidate).first()
        if version is None:
            raise CommandError("There is no such model; `manage.py models list` names them.")
        try:
            model = registry.load_strictly(versions.reference(version))
        except DomainError as error:
            raise CommandError(error.detail) from error
        found = shadow.results_since(days)
        total: dict[str, shadow.Difference] = {}
        runs = shadow.compare(model, registry.current(), found)
        for one in track(runs, "Reading", total=len(found), console=Console(stderr=True), transient=True):
            shadow.add(total, one)
        Console(file=cast(IO[str], self.stdout)).print(_table(total, len(found)))


def _table(total: dict[str, shadow.Difference], documents: int) -> Table:
    table = Table("Field", *_KINDS, "active agrees", "candidate agrees", title=f"{documents} documents")
    for name, one in sorted(total.items()):
        of = f"of {one.vouched}"
        agree = (f"{one.active_right} {of}", f"{one.candidate_right} {of}") if one.vouched else ("", "")
        table.add_row(name, *(str(one.counts[kind]) for kind in _KINDS), *agree)
    return table
