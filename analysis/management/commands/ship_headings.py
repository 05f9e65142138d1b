"""`manage.py ship_headings FOLDER`: trains the trees that know the headings of PDFs, and says how well they do."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from analysis.evaluation import layout_typesetting
from analysis.reading import judging, training
from documents import sandbox
from documents.errors import InvalidInput

_SECONDS = 600.0  # for a document


class Command(BaseCommand):
    help = "Trains the shipped trees from tagged or bookmarked PDFs. Use only documents whose terms allow it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder of PDFs for each publisher, or maker")
        parser.add_argument(
            "--typeset", type=int, default=0, metavar="N", help="first typeset N documents to learn from"
        )
        parser.add_argument("--browser", default="/usr/bin/chromium", help="with --typeset: Chromium, and Playwright")
        parser.add_argument("--apart", action="store_true", help="say how well it reads publishers it hasn't seen")
        parser.add_argument("--into", type=Path, default=judging.SHIPPED, help="where the trees go")

    def handle(self, *args: Any, **options: Any) -> None:
        if count := options["typeset"]:
            made = layout_typesetting.typeset(options["folder"], count, options["browser"])
            for _ in track(made, "Typesetting", total=count, console=Console(stderr=True), transient=True):
                pass
        paths = sorted(options["folder"].glob("*/*.pdf"))
        publishers: dict[str, list[training.Example]] = {}
        for path in track(paths, "Reading", console=Console(stderr=True), transient=True):
            publishers.setdefault(path.parent.name, []).extend(self._examples(path))
        publishers = {name: examples for name, examples in publishers.items() if examples}
        if not publishers:
            raise CommandError(f"No PDF with tags or bookmarks stands in a folder of {options['folder']}.")
        for name, rules, trees, headings in training.apart(publishers) if options["apart"] else ():
            self.stdout.write(f"{name}: {headings} lines of headings, rules {100 * rules:.1f}, trees {100 * trees:.1f}")
        examples = [example for own in publishers.values() for example in own]
        options["into"].parent.mkdir(exist_ok=True)
        training.train(examples).save(options["into"])
        documents = sum(not example.is_piece for example in examples)
        self.stdout.write(f"{options['into'].name}, from {documents} documents of {len(publishers)} publishers")

    def _examples(self, path: Path) -> list[training.Example]:
        try:
            return sandbox.call("parse", training.examples_of, str(path), timeout_s=_SECONDS)
        except InvalidInput as error:
            self.stderr.write(f"{path.name} is left out: {error.detail}")
            return []
