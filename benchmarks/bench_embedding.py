"""What embedding costs beyond its model, and how long a query takes.

    python -m benchmarks.bench_embedding [--rounds N] [--passages N]

Passages of about 200 tokens through `passages` against the bare onnxruntime session on the same token ids, one text at
a time, both warm and on one core: at least 0.9 of its speed.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable

import django
import numpy as np
import onnxruntime
import psutil

LEAST = 0.9  # of the bare session's speed
TOKENS = 200

_SENTENCES = """the insurer shall pay for losses that arise from fire lightning explosion theft water and storm unless
wear or neglect of the insured property caused them premium due invoice total amount paid within thirty days of the date
Der Versicherer leistet Entschädigung für Sachen die durch Brand Blitzschlag oder Sturm zerstört werden"""


def main() -> int:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "benchmark")
    django.setup()
    print(f"memory: {memory()} MiB for the embedder")
    bare, ours = passages(arguments.passages, arguments.rounds)
    ratio = bare / ours
    print(f"passages: bare session {1 / bare:.1f}/s, ours {1 / ours:.1f}/s, ratio {ratio:.2f} (at least {LEAST})")
    print(f"short texts (20 to 29 tokens): {1 / short_texts(arguments.rounds):.0f}/s")
    print(f"query: p50 {1000 * query(10 * arguments.rounds):.1f} ms")
    return int(ratio < LEAST)


def memory() -> int:
    """MiB by which a process grows that loads the embedder and has used it."""
    from analysis.engines.embedding import current

    process = psutil.Process()
    before = process.memory_info().rss
    current().passages([text(1, 500)])
    return (process.memory_info().rss - before) >> 20


def passages(count: int, rounds: int) -> tuple[float, float]:
    """Seconds of CPU for one passage, by the bare session and by `passages`: medians of alternating rounds."""
    from analysis.engines.embedding import current, e5_files, encoder, tokens

    texts = [text(number, TOKENS) for number in range(count)]
    batches = [np.array([[0, *ids, 2]]) for ids in tokens.tokenizer().encode(["passage: " + text for text in texts])]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(e5_files.folder() / e5_files.ENCODER, options, ["CPUExecutionProvider"])
    embedder = current()

    def bare() -> None:
        for batch in batches:
            session.run(None, {encoder.INPUT: batch})

    times = [(_seconds(bare), _seconds(lambda: embedder.passages(texts))) for _ in range(rounds + 1)][1:]
    first, second = zip(*times, strict=True)
    return statistics.median(first) / count, statistics.median(second) / count


def short_texts(rounds: int) -> float:
    """Seconds of CPU for one of 128 texts as long as a short review: the median."""
    from analysis.engines.embedding import current

    texts = [text(number, 20 + number % 10) for number in range(128)]
    return statistics.median(_seconds(lambda: current().passages(texts)) for _ in range(rounds)) / len(texts)


def query(rounds: int) -> float:
    """Seconds on the clock for a question: the median."""
    from analysis.engines.embedding import current

    times = []
    for number in range(rounds):
        begin = time.perf_counter()
        current().queries([f"Who pays for losses {number} after a storm?"])
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def text(seed: int, tokens: int) -> str:
    """Made-up words of English and German, about as many tokens."""
    from analysis.engines.embedding import count_tokens

    words = random.Random(seed).choices(_SENTENCES.split(), k=tokens)
    while count_tokens([" ".join(words)])[0] > tokens:
        words.pop()
    return " ".join(words)


def _seconds(function: Callable[[], object]) -> float:
    """Of this thread's CPU: what neighbours take is not counted."""
    begin = time.thread_time()
    function()
    return time.thread_time() - begin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
