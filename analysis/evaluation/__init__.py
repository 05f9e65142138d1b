"""Evaluations: how well a part of the product does its work on documents whose truth is known; one file each."""

import importlib
import pkgutil
from argparse import ArgumentParser, Namespace
from typing import Any, Protocol

from rich.console import Console


class Report(Protocol):
    """What an evaluation found."""

    def as_dict(self) -> dict[str, Any]:
        """For programs, as JSON."""
        ...

    def show(self, console: Console) -> None:
        """For people."""
        ...


class Evaluation(Protocol):
    """One evaluation: a module of this folder has it as `EVALUATION`."""

    name: str
    help: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be asked of it."""
        ...

    def run(self, options: Namespace, console: Console) -> Report:
        """Does the work; progress goes to the console. Raises DomainError for a folder that can't be evaluated."""
        ...


def all_evaluations() -> dict[str, Evaluation]:
    """Every evaluation by name."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found: list[Evaluation] = [module.EVALUATION for module in modules if hasattr(module, "EVALUATION")]
    return {evaluation.name: evaluation for evaluation in found}
