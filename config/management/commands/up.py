"""The one command of the local mode."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import env
from config.embedded import StartError
from config.local import environment, up


class Command(BaseCommand):
    help = "Starts everything on this machine: database, broker, web server, workers, sweeper. Ctrl-C stops it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        try:
            up.run(
                environment.instance(), host=env.text("HOST", "127.0.0.1"), port=env.number("PORT", 8000, at_least=1)
            )
        except StartError as error:
            raise CommandError(str(error), returncode=2) from None
