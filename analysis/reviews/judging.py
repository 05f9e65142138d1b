"""The verdict on each row of a part, or why there can be none."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis import sentiment
from analysis.reviews.records import Record
from documents.errors import InvalidInput

LONGEST = 512  # characters of a text, normalised
_ENDLESS = 20_000  # characters that can't be normalised to so few


@dataclass(frozen=True, slots=True)
class Judged:
    """A row's verdict; or with a blank `label`, `code` and `detail` say why it has none."""

    text: str
    label: str = ""
    confidence: float | None = None
    language: str = ""
    code: str = ""
    detail: str = ""


def checked(text: str) -> str:
    """The text normalised. Raises InvalidInput `text_empty`, or `text_too_long` with the limit."""
    found = "" if len(text) > _ENDLESS else sentiment.normalised(text)
    if len(text) > _ENDLESS or len(found) > LONGEST:
        length = len(found) or len(text)
        detail = f"The text has {length:,} characters; at most {LONGEST} are read. Shorten it, or send it in pieces."
        raise InvalidInput("text_too_long", detail)
    if not found:
        raise InvalidInput("text_empty", "There is no text to read. Write at least one character.")
    return found


def judge(records: Sequence[Record], text: int) -> list[Judged]:
    """One for each record, in order; `text` is the place of the text in its cells. Raises what the model raises."""
    checks = [_checked(record, text) for record in records]
    texts = [one for one in checks if isinstance(one, str)]
    verdicts = iter(sentiment.classify(texts) if texts else ())
    return [one if isinstance(one, Judged) else _verdict(one, next(verdicts)) for one in checks]


def _checked(record: Record, place: int) -> str | Judged:
    raw = record.cells[place] if place < len(record.cells) else ""
    if record.code:
        return Judged(_excerpt(raw), code=record.code, detail=record.detail)
    try:
        return checked(raw)
    except InvalidInput as error:
        return Judged(_excerpt(raw), code=error.code, detail=error.detail)


def _excerpt(raw: str) -> str:
    return sentiment.normalised(raw[: 2 * LONGEST])[:LONGEST]


def _verdict(text: str, verdict: "sentiment.Verdict") -> Judged:
    return Judged(text, verdict.label, round(verdict.confidence, 4), verdict.language)
