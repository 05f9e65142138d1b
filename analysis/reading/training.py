"""Trains the trees that know headings, from PDFs that say themselves what theirs are: by tags, or by bookmarks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.reading import layout
from analysis.reading.headings import HEADING_LINES, ruled_levels
from analysis.reading.judging import LIKELY, UNLIKELY, candidates
from analysis.reading.lines import RISING, features
from analysis.reading.markdown import flows_of, stretches
from analysis.reading.rules import rules_of
from analysis.reading.styles import TAGGED, Bookmark, Style, Type, Typography, is_running
from analysis.reading.textlayer import placing, text_layer
from analysis.reading.titles import key_of, section_of
from analysis.reading.trees import Trees
from analysis.reading.typography import bookmarks_of, sampled_pages, typography_of
from documents.pages import Box, Word
from documents.rendering import open_pdf, pdf_page

TAGGED_LINES, BOOKMARKED_LINES = 120, 960  # as how many a document counts at most, however long it is
PIECE = 3  # pages, into which long documents are cut to be learned from as short ones, too
_FRONT = 2  # pages, whose titles bookmarks leave out
_FEW_TAGGED = 6
_ROUNDS = 150
_PARAMETERS = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 8, "min_data_in_leaf": 100, "lambda_l2": 5.0,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "monotone_constraints_method": "advanced",
    "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


class Page(NamedTuple):
    """A page as it was read; styles have no roles, `tagged` says which words are tagged as headings."""

    number: int
    words: list[Word]
    styles: Mapping[Word, Style]
    tagged: frozenset[Word]
    rules: list[Box]
    height: float


@dataclass(frozen=True, slots=True)
class Example:
    """A document: a row of features for each line, whether it is a heading, what the rules say, and its weight."""

    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    ruled: NDArray[np.bool_]
    weights: NDArray[np.float64]
    is_piece: bool = False


def examples_of(path: str) -> list[Example]:
    """The document, and its pieces if it is long; none if it neither has tags nor bookmarks. Raises InvalidInput."""
    document = open_pdf(path)
    pages = [page for number in sampled_pages(len(document)) if (page := _page(path, number)).styles]
    marks = tuple(bookmarks_of(document))
    tagged = sum(len(page.tagged) for page in pages) >= _FEW_TAGGED
    if not pages or not (tagged or marks):
        return []
    pieces = [] if tagged else [pages[start : start + PIECE] for start in range(0, len(pages), PIECE)]
    told = _by_tags if tagged else _by(marks)
    most = TAGGED_LINES if tagged else BOOKMARKED_LINES
    found = [_example(pages, told, most)]
    whole = [_example(piece, told, most, is_piece=True) for piece in pieces]
    found += [_share(piece, whole, most) for piece in whole]
    return [example for example in found if len(example.rows)]


def train(examples: Sequence[Example]) -> Trees:
    """The same examples give the same trees."""
    import lightgbm

    rows = np.concatenate([example.rows for example in examples])
    data = lightgbm.Dataset(
        rows,
        np.concatenate([example.right for example in examples]).astype(float),
        weight=np.concatenate([example.weights for example in examples]),
    )
    rising = [int(feature in RISING) for feature in range(rows.shape[1])]
    booster = lightgbm.train(_PARAMETERS | {"monotone_constraints": rising}, data, _ROUNDS)
    dumped: dict[str, Any] = booster.dump_model()
    return Trees.of(dumped["tree_info"])


def apart(publishers: Mapping[str, Sequence[Example]]) -> Iterator[tuple[str, float, float, int]]:
    """For each publisher its lines of headings: F1 of the rules, of rules and trees that saw none of it, and number."""
    for name, own in publishers.items():
        trees = train([example for other, examples in publishers.items() if other != name for example in examples])
        whole = [example for example in own if not example.is_piece]
        kept = [example.weights > 0 for example in whole]
        right = np.concatenate([one.right[keep] for one, keep in zip(whole, kept, strict=True)])
        ruled = np.concatenate([one.ruled[keep] for one, keep in zip(whole, kept, strict=True)])
        judged = np.concatenate([trees.likelihoods(one.rows[keep]) for one, keep in zip(whole, kept, strict=True)])
        yield (
            name,
            _f1(right, ruled),
            _f1(right, np.where(ruled, judged >= UNLIKELY, judged >= LIKELY)),
            int(right.sum()),
        )


def _f1(right: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    return float(2 * (right & found).sum() / max(right.sum() + found.sum(), 1))


def _page(path: str, number: int) -> Page:
    with pdf_page(path, number) as page:
        words, styles, rotation = text_layer(page)
        width, height = page.get_size()
        rules = rules_of(page, placing(page, rotation)[0])
    tagged = frozenset(word for word, style in styles.items() if style.role in TAGGED)
    bare = {word: style._replace(role="") for word, style in styles.items()}
    return Page(number, words, bare, tagged, rules, width if rotation % 180 else height)


_Told = Callable[[Page, Type, Sequence[layout.Line]], list[bool]]


def _example(pages: Sequence[Page], told: _Told, most: int, *, is_piece: bool = False) -> Example:
    document = typography_of([(page.words, dict(page.styles), page.height) for page in pages])
    rows, right, ruled, doubtful = [], [], [], []
    for page, type_, lines in _stretches(pages, document):
        levels = ruled_levels(lines, type_)
        chosen = candidates(lines, type_, levels)
        labels = told(page, type_, lines)
        rows += features(lines, type_, levels, chosen)
        right += [labels[index] for index in chosen]
        ruled += [levels[index] is not None for index in chosen]
        doubtful += [
            told is not _by_tags and not labels[index] and _is_doubtful(lines[index], page, type_, levels[index])
            for index in chosen
        ]
    weights = np.where(doubtful, 0.0, min(1.0, most / max(len(rows), 1)))
    return Example(np.array(rows), np.array(right, bool), np.array(ruled, bool), weights, is_piece)


def _stretches(pages: Iterable[Page], document: Typography) -> Iterator[tuple[Page, Type, list[layout.Line]]]:
    for page in pages:
        type_ = Type.of(page.words, page.styles, document)
        for flow in flows_of(page.words, type_, page.rules)[0]:
            for lines in stretches(flow):
                yield page, type_, lines


def _share(piece: Example, pieces: Sequence[Example], most: int) -> Example:
    """All pieces of a document together count as it does."""
    lines = sum(len(one.rows) for one in pieces)
    weights = np.where(piece.weights > 0, min(1.0, most / max(lines, 1)), 0.0)
    return Example(piece.rows, piece.right, piece.ruled, weights, is_piece=True)


def _by_tags(page: Page, _type: Type, lines: Sequence[layout.Line]) -> list[bool]:
    return [2 * sum(word in page.tagged for word in line) > len(line) for line in lines]


def _by(marks: Sequence[Bookmark]) -> _Told:
    """Lines are headings if they say what a bookmark of their page says, the first such ones."""

    def told(page: Page, type_: Type, lines: Sequence[layout.Line]) -> list[bool]:
        keys = {mark.key for mark in marks if mark.page == page.number and len(mark.key) > 2}
        labels = [False] * len(lines)
        for start in range(len(lines) if keys else 0):
            for end in range(start + 1, min(start + HEADING_LINES, len(lines)) + 1):
                key = key_of(" ".join(_text(line) for line in lines[start:end]))
                if key in keys and not is_running(lines[start], type_):
                    labels[start:end] = [True] * (end - start)
                    keys.discard(key)
        return labels

    return told


def _is_doubtful(line: layout.Line, page: Page, type_: Type, level: int | None) -> bool:
    """Whether a line may be a heading although no bookmark says so: titles, and sections of a depth left out."""
    section = section_of(_text(line)) is not None and type_.of_line(line).key != type_.body.key
    return section or (page.number <= _FRONT and level is not None)


def _text(line: layout.Line) -> str:
    return " ".join(word.text for word in line)
