"""What reading costs beyond its engines, as ratios measured side by side in one run.

    python -m benchmarks.bench_reading [--receipt FILE] [--pdf FILE] [--rounds N]

A receipt through `read_page` against the bare OCR engine on the same pixels, both warm: at most 1.5. Pages with a text
layer through `read_page` against bare pypdfium2 that extracts text and the box of every character.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import numpy as np
import pypdfium2 as pdfium
from PIL import Image

SAMPLES = Path(__file__).parents[1] / "documents" / "samples"
MOST = 1.5  # times the bare engine


def main() -> int:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "benchmark")
    django.setup()
    bare, through = receipt(arguments.receipt, arguments.rounds)
    print(f"receipt: bare engine {bare:.2f} s, read_page {through:.2f} s, ratio {through / bare:.2f} (at most {MOST})")
    plain, read = text_pages(arguments.pdf, arguments.rounds)
    print(f"text layer: bare pypdfium2 {plain:.0f} pages/s, read_page {read:.0f} pages/s, ratio {plain / read:.2f}")
    return int(through / bare > MOST)


def receipt(path: Path, rounds: int) -> tuple[float, float]:
    """Seconds of the bare engine and of `read_page`, medians of alternating rounds."""
    from analysis import reading
    from analysis.engines.ocr.rapid import RapidOcr
    from documents import sniffing

    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    image = np.asarray(Image.open(path).convert("RGB"))
    engine = RapidOcr(threads=1)
    reading.warm_up()
    return _alternating(lambda: engine.read(image), lambda: reading.read_page(path, media_type, 1), rounds)


def text_pages(path: Path, rounds: int) -> tuple[float, float]:
    """Pages per second of bare pypdfium2 and of `read_page`."""
    from analysis import reading
    from documents import sniffing

    count = len(pdfium.PdfDocument(path))
    numbers = range(1, count + 1)

    def bare() -> None:
        document = pdfium.PdfDocument(path)
        for number in range(count):
            textpage = document[number].get_textpage()
            textpage.get_text_range()
            for index in range(textpage.count_chars()):
                textpage.get_charbox(index)

    plain, read = _alternating(bare, lambda: list(reading.read_pages(path, sniffing.PDF, numbers)), rounds)
    return count / plain, count / read


def _alternating(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of both, in turns, so that a busy machine is busy for both; the first turn only warms up."""
    times = [(_seconds(one), _seconds(other)) for _ in range(rounds + 1)][1:]
    first, second = zip(*times, strict=True)
    return statistics.median(first), statistics.median(second)


def _seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipt", type=Path, default=SAMPLES / "receipt.jpg")
    parser.add_argument("--pdf", type=Path, default=SAMPLES / "invoice.pdf")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
