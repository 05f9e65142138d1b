"""Evaluates the sentiment of texts: labelled files against the model in use, or against one trained beside them."""

import hashlib
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.sentiment import datasets, generated, own, training
from analysis.sentiment.measures import Quality, quality
from analysis.sentiment.model import Embed, Model
from analysis.sentiment.network import States
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
        parser.add_argument("--vectors", type=Path, metavar="FOLDER", help="keep what the embedder says here")

    def run(self, options: Namespace, console: Console) -> SentimentReport:
        files = {path.stem: datasets.read(path) for path in datasets.files(options.folder, "valid_")}
        report, models = SentimentReport(), {"shipped": own.shipped()}
        kept = Kept(options.vectors, console)
        if not options.shipped:
            models["trained"] = self._trained(options.folder, kept)
        for title, model in models.items():
            report.found[title] = {name: measured(model, rows, kept.embed_for(model)) for name, rows in files.items()}
        kept.close()
        return report

    def _trained(self, folder: Path, kept: "Kept") -> Model:
        files = {path.stem: datasets.teaching(path) for path in datasets.files(folder, "train_")}
        rows, kinds = [row for one in files.values() for row in one], datasets.kinds(files)
        return training.train(
            rows, generated.texts(), embed=kept.embed, embedder=own.source(), kinds=kinds, kept=own.shipped()
        )


EVALUATION = _SentimentEvaluation()


def measured(model: Model, rows: Sequence[Labelled], embed: Embed | None) -> Quality:
    """The model's quality on these texts."""
    texts = [normalised(text) for text, _ in rows]
    truth = np.array([LABELS.index(label) for _, label in rows], dtype=np.int64)
    return quality(model.likelihoods(texts, embed), truth)


class Kept:
    """The embedder, and what it said, kept in a file if there is a folder: thousands of texts take it minutes."""

    def __init__(self, folder: Path | None, console: Console) -> None:
        self._console, self._path = console, folder and folder / f"{own.source().replace('/', '-')}.npz"
        self._states: dict[str, NDArray[np.float16]] = {}
        self._new = False
        if self._path and self._path.exists():
            with np.load(self._path, allow_pickle=False) as arrays:
                parts = np.split(arrays["states"], np.cumsum(arrays["counts"])[:-1])
                self._states = dict(zip(arrays["keys"].tolist(), parts, strict=True))

    def embed_for(self, model: Model) -> Embed | None:
        """As `own.embed_for`, from what is kept."""
        return self.embed if own.embed_for(model) else None

    def embed(self, texts: Sequence[str]) -> States:
        """The states of the current embedder, tokens x dimensions of each text."""
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        self._add([(key, text) for key, text in zip(keys, texts, strict=True) if key not in self._states])
        return [self._states[key] for key in keys]

    def close(self) -> None:
        """Writes what there is."""
        if self._path and self._new:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            counts = [len(one) for one in self._states.values()]
            states = np.concatenate(list(self._states.values()))
            np.savez(self._path, keys=np.array(list(self._states)), counts=counts, states=states)

    def _add(self, missing: Sequence[tuple[str, str]]) -> None:
        self._new = self._new or bool(missing)
        begins = range(0, len(missing), _BATCH)
        for begin in track(begins, "Embedding", console=self._console, transient=True, disable=len(begins) < 2):
            batch = missing[begin : begin + _BATCH]
            found = own.states([text for _, text in batch])
            self._states.update((key, one.astype(np.float16)) for (key, _), one in zip(batch, found, strict=True))
