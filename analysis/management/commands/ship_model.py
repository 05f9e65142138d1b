"""`manage.py ship_model …`: trains a model that comes with the product: of fields, or of sentiment."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from analysis import learned
from analysis.evaluation.learning import example_of
from analysis.evaluation.readings import read
from analysis.evaluation.sentiment import Kept
from analysis.evaluation.truth import cases
from analysis.sentiment import datasets, generated, own, rated, training
from analysis.sentiment.model import Model
from analysis.sentiment.training import Labelled, Rated
from documents.errors import DomainError


class Command(BaseCommand):
    help = "Trains the shipped model. Use only documents whose terms allow it, and name them in docs/model-card.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="<id>.pdf|jpg|png with <id>.json")
        parser.add_argument("--sentiment", action="store_true", help="the model of sentiment, of its own texts")
        parser.add_argument(
            "--from",
            dest="texts",
            type=Path,
            metavar="FOLDER",
            help="with --sentiment: and of its CSV of text and label",
        )
        parser.add_argument(
            "--rated",
            type=Path,
            metavar="vaderSentiment-3.3.2.tar.gz",
            help="with --sentiment: and of its posts that people rated",
        )
        parser.add_argument(
            "--only", action="append", metavar="PREFIX", help="only what is named so: documents by id, files"
        )
        parser.add_argument(
            "--readings",
            type=Path,
            metavar="FOLDER",
            help="where readings, or what the embedder said of texts, are kept for another run",
        )
        parser.add_argument("--into", type=Path, help="where the model goes")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sentiment"]:
            self._sentiment(options)
        elif options["folder"]:
            self._fields(options)
        else:
            raise CommandError("Name the folder of documents, or say --sentiment.")

    def _sentiment(self, options: dict[str, Any]) -> None:
        folder, archive = options["texts"], options["rated"]
        try:
            kept = Kept(options["readings"], Console(stderr=True))
            files = _labelled(folder, options["only"] or [""]) if folder else {}
            posts = rated.read(archive, datasets.kept_apart(folder) if folder else ()) if archive else []
            model = _trained(files, posts, kept)
        except DomainError as error:
            raise CommandError(error.detail) from error
        kept.close()
        model.save(options["into"] or own.SHIPPED)
        others = len(posts) + sum(map(len, files.values()))
        self.stdout.write(f"{model.name}, from texts of the project's own making and {others} others")

    def _fields(self, options: dict[str, Any]) -> None:
        try:
            chosen = [case for only in options["only"] or [""] for case in cases(options["folder"], only=only)]
            reading = track(chosen, "Reading", console=Console(stderr=True), transient=True)
            model = learned.train([example_of(case, read(case, options["readings"])) for case in reading])
        except DomainError as error:
            raise CommandError(error.detail) from error
        model.save(options["into"] or learned.SHIPPED)
        self.stdout.write(f"{model.name}, from {len(chosen)} documents")


def _labelled(folder: Path, only: Sequence[str]) -> dict[str, list[Labelled]]:
    return {path.stem: datasets.teaching(path) for prefix in only for path in datasets.files(folder, prefix)}


def _trained(files: dict[str, list[Labelled]], posts: list[Rated], kept: Kept) -> Model:
    if not files and not posts:
        return generated.model(embed=kept.embed, embedder=own.source())
    rows, kinds = [row for one in files.values() for row in one], datasets.kinds(files)
    return training.train(rows, generated.texts(), rated=posts, embed=kept.embed, embedder=own.source(), kinds=kinds)
