"""The stages of the document pipeline, one file each: a new file with a `STAGE` is a new stage."""

import importlib
import pkgutil

from jobs.stages import register


def register_all() -> None:
    """Registers the `STAGE` of every module in this folder."""
    for module in pkgutil.iter_modules(__path__):
        register(importlib.import_module(f"{__name__}.{module.name}").STAGE)
