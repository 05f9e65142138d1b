"""Evaluates the sentiment of texts: labelled files against the model in use, or against one trained beside them."""

import hashlib
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.engines import embedding
from analysis.sentiment import datasets, generated, own, training
from analysis.sentiment.measures import Quality, quality
from analysis.sentiment.model import Embed, Floats, Model
from analysis.sentiment.texts import normalised
from analysis.sentiment.training import Labelled
from analysis.sentiment.verdicts import LABELS

_BATCH = 256


@dataclass
class SentimentReport:
    """For each model and file its quality."""

    found: dict[str, dict[str, Quality]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {model: {name: asdict(one) for name, one in files.items()} for model, files in self.found.items()}

    def show(self, console: Console) -> None:
        table = Table("Model", "File", "Texts", "Macro-F1", *(f"F1 {label}" for label in LABELS), "Accuracy", "ECE")
        for model, files in self.found.items():
            for name, one in files.items():
                figures = [one.macro_f1, *one.f1.values(), one.accuracy, one.calibration_error]
                table.add_row(model, name, str(one.texts), *(f"{100 * figure:.1f}" for figure in figures))
        console.print(table)


class _SentimentEvaluation:
    name = "sentiment"
    help = "Verdicts on labelled texts: valid_*.csv of text and label; train_*.csv beside them, to train another model."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--shipped", action="store_true", help="only the shipped model; train none")
        parser.add_argument("--vectors", type=Path, metavar="FOLDER", help="keep the embedder's vectors here")

    def run(self, options: Namespace, console: Console) -> SentimentReport:
        files = {path.stem: datasets.read(path) for path in datasets.files(options.folder, "valid_")}
        report, models = SentimentReport(), {"shipped": own.shipped()}
        kept = _Kept(options.vectors, console)
        if not options.shipped:
            models["trained"] = self._trained(options.folder, kept)
        for title, model in models.items():
            report.found[title] = {name: measured(model, rows, kept.embed_for(model)) for name, rows in files.items()}
        return report

    def _trained(self, folder: Path, kept: "_Kept") -> Model:
        rows = [row for path in datasets.files(folder, "train_") for row in datasets.teaching(path)]
        embedder = embedding.current().name
        return training.train(rows, generated.texts(), embed=kept.embed, embedder=embedder)


EVALUATION = _SentimentEvaluation()


def measured(model: Model, rows: Sequence[Labelled], embed: Embed | None) -> Quality:
    """The model's quality on these texts."""
    texts = [normalised(text) for text, _ in rows]
    truth = np.array([LABELS.index(label) for _, label in rows], dtype=np.int64)
    return quality(model.likelihoods(texts, embed), truth)


class _Kept:
    """The embedder, and what it said, kept in a file if there is a folder: thousands of texts take it minutes."""

    def __init__(self, folder: Path | None, console: Console) -> None:
        self._console, self._path = console, folder and folder / f"{embedding.current().name}.npz"
        self._vectors: dict[str, Floats] = {}
        if self._path and self._path.exists():
            with np.load(self._path, allow_pickle=False) as arrays:
                self._vectors = dict(zip(arrays["keys"].tolist(), arrays["vectors"].astype(np.float32), strict=True))

    def embed_for(self, model: Model) -> Embed | None:
        """As `own.embed_for`, from what is kept."""
        return self.embed if own.embed_for(model) else None

    def embed(self, texts: Sequence[str]) -> Floats:
        """The vectors of the current embedder, n x dimensions."""
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        missing = [(key, text) for key, text in zip(keys, texts, strict=True) if key not in self._vectors]
        self._add(missing)
        return np.array([self._vectors[key] for key in keys], np.float32)

    def _add(self, missing: Sequence[tuple[str, str]]) -> None:
        begins = range(0, len(missing), _BATCH)
        for begin in track(begins, "Embedding", console=self._console, transient=True, disable=not missing):
            batch = missing[begin : begin + _BATCH]
            vectors = own.vectors([text for _, text in batch])
            self._vectors.update(zip([key for key, _ in batch], vectors, strict=True))
        if missing and self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            stored = np.array(list(self._vectors.values()), np.float16)
            np.savez(self._path, keys=np.array(list(self._vectors)), vectors=stored)
