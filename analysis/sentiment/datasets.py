"""Labelled texts in files: CSV with the columns `text` and `label`."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analysis.sentiment.texts import bare
from analysis.sentiment.training import Labelled
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput


def read(path: Path) -> list[Labelled]:
    """The rows of a file (UTF-8). Raises InvalidInput `dataset_unusable`."""
    return [(row["text"] or "", row["label"]) for row in _rows(path)]


def teaching(path: Path) -> list[Labelled]:
    """The rows to train on: without languages (column `lang`, if there is one) that come with fewer than all labels.

    Such a language would be taken for its label. Raises InvalidInput `dataset_unusable`.
    """
    rows = _rows(path)
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row.get("lang") or "", set()).add(row["label"])
    return [(row["text"] or "", row["label"]) for row in rows if len(labels[row.get("lang") or ""]) == len(LABELS)]


def kinds(files: Mapping[str, Sequence[Labelled]]) -> dict[str, str]:
    """Which file each text is of."""
    return {text: name for name, rows in files.items() for text, _ in rows}


def files(folder: Path, prefix: str = "") -> list[Path]:
    """The folder's CSV files whose names begin so. Raises InvalidInput `dataset_unusable` without any."""
    found = sorted(folder.glob(f"{prefix}*.csv"))
    if not found:
        raise InvalidInput("dataset_unusable", f"There is no {prefix}*.csv in {folder}.")
    return found


def kept_apart(folder: Path) -> set[str]:
    """What is measured on there, in `valid_*.csv`, as `bare` has it: never to be trained on."""
    return {bare(text) for path in sorted(folder.glob("valid_*.csv")) for text, _ in read(path)}


def digest(examples: Iterable[Labelled]) -> str:
    """SHA-256 of the texts with their labels, in whatever order they come."""
    lines = sorted(f"{label}\t{text}\n" for text, label in examples)
    return hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
        odd = next((row["label"] for row in found if row["label"] not in LABELS), None)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        detail = f"{path} can't be read ({error!r}). It takes UTF-8 with the columns text and label."
        raise InvalidInput("dataset_unusable", detail) from error
    if odd is not None:
        raise InvalidInput("dataset_unusable", f"{path} has the label {odd!r}. Use {', '.join(LABELS)}.")
    return found
