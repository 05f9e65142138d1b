"""The head of a receipt as a sequence of lines: which are the vendor's name, which its address, by a CRF."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pycrfsuite
from rapidfuzz import fuzz

from analysis.findings import Found
from analysis.learned.candidates import Document
from analysis.learned.spelling import Spelling, surely_read
from analysis.rules import addresses
from analysis.rules.languages import WORDS, pattern_of, plain
from analysis.rules.layout import Row
from analysis.rules.names import tidy_name
from documents.pages import Box

FIELDS = ("vendor", "address")

_LINES = 20  # of the head
_ALIKE = 72  # of 100: the least likeness of a field's value and the lines that hold it
_LINE = 0.2  # what a line more must add to the likeness
_LONGEST = {"vendor": 3, "address": 7}  # in lines
_NOISE = pattern_of(WORDS["noise"])
_NUMBER = re.compile(r"\W*(?:\(?[A-Z]{0,3}[\d\s-]{5,}-?\s?[A-Z]?\)?)\W*")
_TAIL = re.compile(r"[\s,.]*(?:(?:tel|fax|phone|h/?p|gst|sst|co\.? ?reg|roc|email|e-mail)\b.*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The first lines of a document."""

    document: Document

    @cached_property
    def rows(self) -> list[Row]:
        page = self.document.sheet.rows[0].page if self.document.sheet.rows else 1
        lines = [row for row in self.document.sheet.rows if re.search(r"[^\W_]{2}", row.text)]
        return [row for row in lines if row.page == page][:_LINES]

    @cached_property
    def observations(self) -> list[dict[str, float]]:
        """For each line its own features, and those of its neighbours."""
        own = [dict(_features(self, number)) for number in range(len(self.rows))]
        return [_with_neighbours(own, number) for number in range(len(own))]

    def targets(self, values: dict[str, str]) -> list[str]:
        """The right label of each line: B-vendor, I-vendor, B-address, I-address or O."""
        labels = ["O"] * len(self.rows)
        for name in FIELDS:
            span = self._span(values[name], name) if name in values else None
            for line in range(*span) if span else ():
                if labels[line] == "O":
                    labels[line] = f"{'B' if line == (span or (0,))[0] else 'I'}-{name}"
        return labels

    def _span(self, value: str, name: str) -> tuple[int, int] | None:
        """The lines that together are most like the value; of equally like ones the fewest."""
        goal, texts = plain(value), [plain(_text(row, name)) for row in self.rows]
        spans = [(a, b) for a in range(len(texts)) for b in range(a + 1, min(a + _LONGEST[name], len(texts)) + 1)]
        likeness = {(a, b): fuzz.ratio(goal, "".join(texts[a:b])) - _LINE * (b - a) for a, b in spans}
        best = max(spans, key=lambda span: likeness[span], default=None)
        return best if best and likeness[best] >= _ALIKE else None

    def read(self, labels: Sequence[str], name: str, spelling: Spelling) -> Found | None:
        """The field's value from the lines labelled so, the first run of them; as sure as its least sure word."""
        first = next((i for i, label in enumerate(labels) if label.endswith(name)), None)
        if first is None:
            return None
        last = first + 1
        while last < len(labels) and labels[last] == f"I-{name}":
            last += 1
        return _found(self.rows[first:last], name, spelling)


def _found(rows: Sequence[Row], name: str, spelling: Spelling) -> Found | None:
    value = " ".join(_text(row, name) for row in rows).strip(" ,")
    value = tidy_name(value) if name == "vendor" else addresses.without_stray(value)
    value = spelling.corrected(value, surely_read(rows)) if rows[0].ocr else value
    box = Box.around([row.box for row in rows]) if rows[0].boxed else None
    sure = min(word.confidence for row in rows for word in row.words)
    return Found(value, "\n".join(row.text for row in rows), rows[0].page, box, sure, "learned") if value else None


def _without_tail(text: str) -> str:
    """Without the telephone or registration number that a line ends with."""
    return _TAIL.sub("", text) or text


def _text(row: Row, name: str) -> str:
    """What the line adds to the field."""
    text = _without_tail(row.text)
    return tidy_name(text) if name == "vendor" else " ".join(text.split())


class Tagger:
    """A trained CRF. Its bytes are CRFsuite's own format."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)

    def tag(self, header: Header) -> tuple[list[str], dict[str, float]]:
        """The most likely labels, and for each field how sure its lines are (the least sure of them)."""
        if not header.rows:
            return [], {}
        labels = self._tagger.tag(header.observations)
        return labels, {name: self._certainty(labels, name) for name in FIELDS}

    def _certainty(self, labels: Sequence[str], name: str) -> float:
        lines = [i for i, label in enumerate(labels) if label.endswith(name)]
        edges = [*lines, lines[-1] + 1] if lines and lines[-1] + 1 < len(labels) else lines
        return min((self._tagger.marginal(labels[i], i) for i in edges), default=0.0)


def train(headers: Sequence[Header], targets: Sequence[Sequence[str]]) -> Tagger:
    """A CRF by L-BFGS with elastic net; the same examples give the same bytes."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.1, "c2": 0.05, "max_iterations": 70, "feature.possible_transitions": True})
    for header, labels in zip(headers, targets, strict=True):
        if header.rows:
            trainer.append(header.observations, labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "header.crfsuite"
        trainer.train(str(path))
        return Tagger(path.read_bytes())


def _features(header: Header, number: int) -> Iterator[tuple[str, float]]:
    row, sheet = header.rows[number], header.document.sheet
    text, letters = row.text, sum(map(str.isalpha, row.text))
    yield from _kinds(text, letters)
    yield f"line={min(number, 10)}", 1.0
    yield f"size={min(len(text) // 8, 6)}", 1.0
    yield f"height={min(round(4 * row.height / _median(header)), 9)}", 1.0
    yield from ((f"label={label.name}", 1.0) for label in sheet.labels[sheet.index(row)])
    yield from ((f"word={plain(word)}", 1.0) for word in re.findall(r"[^\W\d]{2,}", text)[:12])
    yield from ((f"rules={mark}", 1.0) for mark in _rules_say(header, row))
    if number:
        gap = (row.box.y0 - header.rows[number - 1].box.y1) / (row.height or 1)
        yield f"gap={min(max(round(2 * gap), -1), 5)}", 1.0
    centre = (row.box.x0 + row.box.x1) / 2 / row.page_size[0]
    yield f"centre={round(5 * centre)}", 1.0


def _kinds(text: str, letters: int) -> Iterator[tuple[str, float]]:
    size = max(len(text.replace(" ", "")), 1)
    tests = {
        "form": addresses.has_company_form(text), "postcode": addresses.has_postcode(text),
        "street": addresses.has_street(text), "contact": addresses.has_contact(text),
        "noise": bool(_NOISE.match(text.lstrip("*-#( "))), "number": bool(_NUMBER.fullmatch(text)),
        "upper": text.isupper(), "comma": "," in text, "ends_comma": text.rstrip().endswith(","),
        "ends_dot": text.rstrip().endswith("."), "colon": ":" in text, "digit_first": text[:1].isdigit(),
        "bracket": "(" in text, "lot": bool(re.match(r"\W*(?:no|lot|unit|suite|\d+[a-z]?)\W", text, re.IGNORECASE)),
        "long_number": bool(re.search(r"\d{6}", text)), "money": bool(re.search(r"\d[.,]\d\d\b", text)),
        "country": addresses.is_country(text.strip(" .,")),
    }  # fmt: skip
    yield from ((name, 1.0) for name, holds in tests.items() if holds)
    yield f"letters={round(5 * letters / size)}", 1.0


def _rules_say(header: Header, row: Row) -> Iterator[str]:
    """Whether the rules take the line for part of the vendor's name or address."""
    for name in FIELDS:
        found = header.document.rules.fields.get(name)
        if found and row.text in found.raw.split("\n"):
            yield f"{name}-{'first' if found.raw.startswith(row.text) else 'later'}"


def _median(header: Header) -> float:
    heights = sorted(row.height for row in header.rows)
    return heights[len(heights) // 2] or 1.0


def _with_neighbours(own: Sequence[dict[str, float]], number: int) -> dict[str, float]:
    features = dict(own[number])
    for step in (-2, -1, 1, 2):
        at = number + step
        beside = own[at] if 0 <= at < len(own) else {"edge": 1.0}
        features |= {f"{step}:{name}": 1.0 for name in beside if abs(step) == 1 or not name.startswith("word")}
    return features
