"""Removes now what is removed every night."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs import maintenance


class Command(BaseCommand):
    help = "Removes old rows, orphaned bytes and temporary folders, as is done every night. See docs/operating.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would be removed")
        parser.add_argument(
            "--all-orphans", action="store_true", help="bytes without a document, even if they are suspiciously many"
        )

    def handle(self, *args: Any, dry_run: bool, all_orphans: bool, **options: Any) -> None:
        for name, count in maintenance.run(dry_run=dry_run, all_orphans=all_orphans).items():
            self.stdout.write(f"{count:>9,}  {name.replace('_', ' ')}")
