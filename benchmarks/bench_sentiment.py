"""What classifying costs beyond the bare model, measured side by side in one run.

    python -m benchmarks.bench_sentiment [--from FOLDER] [--texts N] [--rounds N]

Texts per second of CPU time of `classify` (normalising, language, n-grams, lexicon, embedder) against the embedder on
the same texts with a matrix product: at least 0.8 of it where the model doubts every text and asks the embedder about
it, which is the worst case. As shipped it asks about those that it doubts. The texts are spread evenly over the
`valid_*.csv` of FOLDER, or else of the project's own making, which it seldom doubts.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import django
import numpy as np

LEAST = 0.8  # of the bare model's pace


def main() -> int:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "benchmark")
    django.setup()
    from analysis.sentiment import classify, own

    model = own.shipped()
    doubting = replace(model, sure=1.1)
    texts = _texts(arguments.folder, arguments.texts)
    own.current = lambda: model  # without a database
    _, shipped = _alternating(lambda: None, lambda: classify(texts), arguments.rounds)
    own.current = lambda: doubting
    bare, through = _alternating(_bare(texts), lambda: classify(texts), arguments.rounds)
    print(f"{len(texts)} texts of {sum(map(len, texts)) / len(texts):.0f} characters")
    print(f"classify as shipped {len(texts) / shipped:.0f} texts per core-second")
    print(f"bare model {len(texts) / bare:.0f}, classify in doubt of all {len(texts) / through:.0f}", end="")
    print(f", ratio {bare / through:.2f} (at least {LEAST})")
    return int(bare / through < LEAST)


def _texts(folder: Path | None, count: int) -> list[str]:
    from analysis.sentiment import LONGEST, datasets, generated

    if folder is None:
        return [text for text, _ in generated.texts(count, seed=11)]
    found = [text[:LONGEST] for path in datasets.files(folder, "valid_") for text, _ in datasets.read(path)]
    return found[:: max(1, len(found) // count)]


def _bare(texts: list[str]) -> Callable[[], object]:
    from analysis.engines import embedding
    from analysis.sentiment import own

    weights = np.ones((embedding.current().dimensions, 3), np.float32)
    return lambda: [states.mean(axis=0) @ weights for states in own.states(texts)]


def _alternating(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median CPU seconds of both, in turns; the first turn only warms up."""
    times = [(_seconds(one), _seconds(other)) for _ in range(rounds + 1)][1:]
    first, second = zip(*times, strict=True)
    return statistics.median(first), statistics.median(second)


def _seconds(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="folder", type=Path, metavar="FOLDER", help="valid_*.csv of text and label")
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
