"""`manage.py train`: a model of fields or of sentiment from what people corrected, promoted if it is better."""

import tempfile
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from analysis.learning import dataset, training
from analysis.reviews.corrections import corrections
from analysis.sentiment import datasets, own, publishing
from analysis.sentiment.training import Labelled
from documents import tenancy
from documents.errors import DomainError


class Command(BaseCommand):
    help = "Trains a model on what people corrected and compares it with the active one on what it never saw."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, metavar="FOLDER", help="of export_corrections; else the database"
        )
        parser.add_argument("--task", choices=["fields", own.TASK], default="fields", help="what it is for (fields)")
        parser.add_argument("--no-promote", action="store_true", help="leave the active model as it is")
        parser.add_argument(
            "--seed", type=int, default=0, metavar="N", help="the same seed and data, the same model (0)"
        )

    def handle(self, *args: Any, folder: Path | None, task: str, no_promote: bool, seed: int, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout))
        try:
            if task == own.TASK:
                _show_sentiment(console, publishing.run(_collections(folder), promote=not no_promote))
                return
            records, digest = _records(folder)
            with Progress(console=Console(stderr=True), transient=True) as progress:
                bar = progress.add_task("Training", total=1.0)
                trained = training.run(
                    dataset.examples(records),
                    data_sha256=digest,
                    promote=not no_promote,
                    seed=seed,
                    progress=lambda share: progress.update(bar, completed=share),
                )
        except DomainError as error:
            raise CommandError(error.detail) from error
        _show(console, trained)


def _collections(folder: Path | None) -> dict[str, list[Labelled]]:
    """What people said of reviews; or the rows of each CSV file in the folder."""
    if folder is not None:
        return {path.stem: datasets.teaching(path) for path in datasets.files(folder)}
    found: list[Labelled] = []
    for workspace_id in dataset.workspaces_with_jobs():
        with tenancy.as_workspace(workspace_id):
            found += corrections()
    return {"corrections": found}


def _show_sentiment(console: Console, trained: publishing.Trained) -> None:
    title = f"In per cent on {trained.candidate.texts} texts that it never saw"
    table = Table("", "Active", "Candidate", title=title)
    for name, measure in (("Macro-F1", "macro_f1"), ("Accuracy", "accuracy"), ("ECE", "calibration_error")):
        figures = [f"{100 * getattr(one, measure):.1f}" for one in (trained.active, trained.candidate)]
        table.add_row(name, *figures)
    console.print(table)
    console.print(f"{trained.version.name} is {trained.version.status}.", highlight=False)


def _records(folder: Path | None) -> tuple[list[dataset.Record], str]:
    """From the database by way of the same file, so that equal data has an equal hash."""
    if folder is not None:
        return dataset.read(folder)
    with tempfile.TemporaryDirectory() as scratch:
        dataset.export(Path(scratch))
        return dataset.read(Path(scratch))


def _show(console: Console, trained: training.Trained) -> None:
    metrics = trained.version.metrics
    measured = metrics["measured_on"]
    title = f"F1 in per cent on {measured['documents']} documents of {measured['issuers']} other issuers"
    table = Table("Type", "Field", "Active", "Candidate", title=title)
    for name, fields in metrics["f1"].items():
        for field, f1 in fields.items():
            table.add_row(name, field, f"{100 * f1['active']:.1f}", f"{100 * f1['candidate']:.1f}")
    console.print(table)
    console.print(f"Better at: {', '.join(trained.better) or 'nothing'}.")
    console.print(f"{trained.version.name} is {trained.version.status}.", highlight=False)
    types = ", ".join(trained.version.thresholds) or "no document type: it takes more reviewed documents"
    approval = metrics["approval"]
    console.print(f"Approved without a person: {types} ({100 * approval['coverage']:.1f} % of these documents).")
