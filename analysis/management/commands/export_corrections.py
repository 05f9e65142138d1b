"""`manage.py export_corrections FOLDER`: what people approved or corrected, as a dataset to train on."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from analysis.learning import dataset


class Command(BaseCommand):
    help = "Writes reviewed documents as JSON lines, with a .dvc file beside them. They say what documents say."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--workspace", type=UUID, action="append", default=[], metavar="ID", help="only this one's; may be repeated"
        )

    def handle(self, *args: Any, folder: Path, workspace: list[UUID], **options: Any) -> None:
        exported = dataset.export(folder, workspace)
        self.stdout.write(f"{exported.documents} documents in {exported.path}")
        self.stdout.write(f"SHA-256 {exported.sha256}")
