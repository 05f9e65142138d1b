#!/usr/bin/env python
"""Vouch's command line."""

import os
import sys


def _complete_environment() -> None:
    """The local instance's secrets and addresses, before the settings ask for them."""
    from config.embedded import StartError
    from config.local import environment

    try:
        if sys.argv[1:2] == ["up"]:
            environment.prepare()
        else:
            environment.load()
    except StartError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _complete_environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
