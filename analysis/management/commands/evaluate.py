"""`manage.py evaluate NAME …`: how well a part of the product does on documents whose truth is known."""

import json
from argparse import ArgumentParser, Namespace
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from analysis.evaluation import all_evaluations
from documents.errors import DomainError


class Command(BaseCommand):
    help = "Measures reading and extraction against ground truth, without touching the database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        evaluations = parser.add_subparsers(dest="evaluation", required=True)
        for evaluation in all_evaluations().values():
            own = evaluations.add_parser(evaluation.name, help=evaluation.help, description=evaluation.help)
            own.add_argument("--json", action="store_true", help="print the figures as JSON, for programs")
            evaluation.add_arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = all_evaluations()[options["evaluation"]]
        try:
            report = evaluation.run(Namespace(**options), Console(stderr=True))
        except DomainError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=1, ensure_ascii=False))
        else:
            report.show(Console(file=cast(IO[str], self.stdout)))
