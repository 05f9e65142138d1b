"""`manage.py build_models`: makes what is built of the packages' weights, so that nobody has to wait for it later."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis.engines.embedding import e5_files
from documents.errors import Unavailable


class Command(BaseCommand):
    help = "Builds the models of this version in MODELS_DIR, unless they are there; the first use would do it, too."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(str(e5_files.folder()))
        except Unavailable as error:
            raise CommandError(error.detail) from error
