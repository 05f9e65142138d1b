"""Evaluates OCR: images whose words are known are read by the product's engine, or by one to compare it with."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import track

from analysis.evaluation.contestants import CONTESTANTS
from analysis.evaluation.ocr_scores import OcrReport, PageScore, score
from analysis.evaluation.truth import Case, cases
from analysis.reading import images, ocr
from documents import sandbox, sniffing
from documents.pages import PageReading, Word


class _OcrEvaluation:
    name = "ocr"
    help = "Words read from images against their ground truth: <id>.png with <id>.json of words and boxes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--engine", choices=["own", *CONTESTANTS], default="own", help="whom to evaluate, with warm models"
        )
        parser.add_argument("--only", default="", metavar="PREFIX", help="only images whose id begins so")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N images")

    def run(self, options: Namespace, console: Console) -> OcrReport:
        chosen = cases(options.folder, only=options.only, limit=options.limit, asked="words")
        report = OcrReport(options.engine)
        for case in track(chosen, "Evaluating", console=console, transient=True):
            report.add(case, evaluate(case, options.engine))
        return report


EVALUATION = _OcrEvaluation()


def evaluate(case: Case, engine: str) -> PageScore:
    """Reads one image and compares its words with the truth. Raises DomainError if it can't be read."""
    words, cpu_seconds = _read(case.path, engine)
    truth = case.truth
    return score(truth["words"], words, spaces=not truth.get("spaces_removed", False), cpu_seconds=cpu_seconds)


def _read(path: Path, engine: str) -> tuple[Sequence[Word], float]:
    """The words, boxes in the image's pixels, and the CPU seconds of OCR alone."""
    seconds = settings.SANDBOX_PAGE_SECONDS
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, path.name)
    raster = sandbox.call("parse", images.read, str(path), media_type, 1, settings.MAX_PIXELS, timeout_s=seconds)
    if engine == "own":
        page, cpu_seconds = ocr.read_measured(raster, 1)
        return [_as_shot(word, page) for word in page.words], cpu_seconds
    contestant = CONTESTANTS[engine]
    sandbox.prepare(engine, contestant.load)
    return sandbox.call(engine, contestant.read, raster, timeout_s=seconds)


def _as_shot(word: Word, page: PageReading) -> Word:
    """The word where it stands on the image as it came, not yet turned upright."""
    x0, y0, x1, y1 = word.box
    width, height = page.width, page.height
    match page.rotation:
        case 90:
            x0, y0, x1, y1 = y0, width - x1, y1, width - x0
        case 180:
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        case 270:
            x0, y0, x1, y1 = height - y1, x0, height - y0, x1
    return Word(word.text, x0, y0, x1, y1, word.confidence)
