"""How good a model is on documents whose values people vouch for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import arithmetic
from analysis.evaluation.comparing import is_right
from analysis.findings import Extraction
from analysis.fusion import fuse
from analysis.learned import Example, Model
from analysis.learned.model import by_rules
from analysis.learning.thresholds import Seen
from documents.pages import PageReading


@dataclass(slots=True)
class Score:
    """Values that were right, wrong, and not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """0 to 1."""
        found, true = self.right + self.wrong, self.right + self.wrong + self.missed
        return 2 * self.right / (found + true) if found + true else 0.0


def read(model: Model, pages: Sequence[PageReading], document_type: str) -> Extraction:
    """What the product reads with this model, without what corrections taught about single vendors."""
    readings = model.beside(by_rules(pages, document_type), pages)
    return arithmetic.settle(fuse(readings), pages)


def read_all(model: Model, examples: Sequence[Example]) -> list[Extraction]:
    return [read(model, one.pages, one.document_type) for one in examples]


def scores(examples: Sequence[Example], found: Sequence[Extraction]) -> dict[str, dict[str, Score]]:
    """{document type: {field: score}}."""
    tallies: dict[str, dict[str, Score]] = {}
    for example, extraction in zip(examples, found, strict=True):
        of_type = tallies.setdefault(example.document_type, {})
        for name, truth in example.fields.items():
            score, value = of_type.setdefault(name, Score()), extraction.fields.get(name)
            if value is None:
                score.missed += 1
            elif is_right(name, truth, str(value.value)):
                score.right += 1
            else:
                score.wrong += 1
    return tallies


def mean(of_type: Mapping[str, Score]) -> float:
    """The mean F1 of the fields."""
    return sum(score.f1 for score in of_type.values()) / len(of_type) if of_type else 0.0


def seen(examples: Sequence[Example], found: Sequence[Extraction]) -> list[Seen]:
    """Each value that was found and that people vouch for, or against."""
    return [
        Seen(example.id, example.document_type, name, value.confidence, is_right(name, truth, str(value.value)))
        for example, extraction in zip(examples, found, strict=True)
        for name, truth in example.fields.items()
        if (value := extraction.fields.get(name)) is not None
    ]
