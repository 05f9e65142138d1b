"""What is written about a picture: the caption below or above it, else the nearest lines, else what is in it."""

from collections.abc import Sequence

from analysis.reading import layout, titles
from analysis.reading.layout import Run
from documents.pages import Box, Word

LONGEST = 300  # characters
_FAR = 4.0  # heights between a picture and what is about it
_APART = 1.5  # heights between that and its next line
_OVER = 0.5  # heights that a line may reach into the picture
_LINES = 4  # of a caption


def caption_of(words: Sequence[Word], box: Box) -> str:
    """By the words of the picture's page, in reading order; empty if none are near."""
    inside = [word for word in words if _is_in(word, box)]
    runs = layout.runs([word for word in words if not _is_in(word, box)])
    beside = [(Box.around(run), run) for run in runs if run[0].x0 < box.x1 and run[-1].x1 > box.x0]
    below = _going_on([(around.y0 - box.y1, around, run) for around, run in beside])
    above = _going_on([(box.y0 - around.y1, around, run) for around, run in beside])[::-1]
    texts = [text for text in map(_text, (below, above)) if text]
    titled = [text for text in texts if titles.is_caption(text)]
    return [*titled, *texts, _text([inside])][0][:LONGEST]


def _is_in(word: Word, box: Box) -> bool:
    return box.x0 <= (word.x0 + word.x1) / 2 <= box.x1 and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1


def _going_on(apart: Sequence[tuple[float, Box, Run]]) -> list[Run]:
    """Of runs and how far away each is from an edge those that go on from there, the nearest first."""
    found, reached = list[Run](), 0.0
    for distance, around, run in sorted(apart, key=lambda one: one[0]):
        height = around.y1 - around.y0
        if distance < -_OVER * height:
            continue
        if distance - reached > (_APART if found else _FAR) * height or len(found) == _LINES:
            break
        found.append(run)
        reached = distance + height
    return found


def _text(runs: Sequence[Run]) -> str:
    return " ".join(word.text for run in runs for word in layout.as_read(run))
