"""Training: examples become a model, calibrated on folds whose issuers it had not seen."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.evaluation.comparing import is_right
from analysis.findings import Found
from analysis.learned import features, header, ranking
from analysis.learned.calibration import Calibrator
from analysis.learned.candidates import Candidate, Document, Kind, candidates, kind_of
from analysis.learned.examples import Example
from analysis.learned.model import FieldModel, Model, Part, Rivalry, prepare, read_part, spelled
from analysis.learned.spelling import Spelling

FEWEST = 8  # examples of a field from which it is learned

_FOLDS = 4
_BENEFIT = 20  # of the doubt, for the rules: without a difference in twice as many documents the model is preferred
_HEADED = "receipt"  # the type whose vendor and address stand in a header of lines
_KINDS_OF_NUMBERS = {"taxes", "currency", "iban", "vendor_tax_id"}  # rules with check digits do these better

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Prepared:
    """An example with what is computed from its pages, once for all folds."""

    example: Example
    document: Document

    @classmethod
    def of(cls, example: Example) -> "Prepared":
        return cls(example, prepare(example.pages, example.document_type))

    @cached_property
    def header(self) -> header.Header:
        return header.Header(self.document)

    @cached_property
    def _by_kind(self) -> dict[Kind, tuple[list[Candidate], features.Matrix]]:
        return {}

    def candidates(self, kind: Kind) -> tuple[list[Candidate], features.Matrix]:
        if kind not in self._by_kind:
            these = candidates(self.document, kind)
            self._by_kind[kind] = these, features.matrix(self.document, these, kind)
        return self._by_kind[kind]

    def is_right(self, name: str, value: str) -> bool:
        """Whether the value is the field's."""
        return is_right(name, self.example.fields[name], value, self.example.also(name))


# What a model and the rules found of a field in a document that the model wasn't trained on.
Outcome = tuple[Found | None, Found | None, Prepared]


def train(examples: Sequence[Example], *, seed: int = 0, progress: Progress | None = None) -> Model:
    """A model from the examples; the same examples and seed give the same model.

    `progress` is told the share that is done, 0 to 1. Fields with fewer than FEWEST examples are not learned.
    """
    prepared = []
    for number, example in enumerate(sorted(examples, key=lambda one: one.id)):
        prepared.append(Prepared.of(example))
        if progress:
            progress(0.6 * (number + 1) / len(examples))
    model = fit(prepared, seed=seed)
    if progress:
        progress(1.0)
    return model


def fit(prepared: Sequence[Prepared], *, seed: int = 0) -> Model:
    """`train`, for examples that are prepared already."""
    types = sorted({one.example.document_type for one in prepared})
    parts = {name: _part([p for p in prepared if p.example.document_type == name], seed) for name in types}
    return Model({name: part for name, part in parts.items() if part.fields})


def fold_of(issuer: str, folds: int, seed: int = 0) -> int:
    """The fold to which all documents of the issuer belong."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{issuer}".encode()).digest()[-4:]) % folds


def _part(prepared: Sequence[Prepared], seed: int) -> Part:
    """Trained on all, calibrated by what folds of it say of documents whose issuers they didn't see.

    Of fields that the rules read clearly better on those folds nothing is kept.
    """
    outcomes: dict[str, list[Outcome]] = {}
    for fold in range(_FOLDS):
        inner = [p for p in prepared if fold_of(p.example.issuer, _FOLDS, seed) != fold]
        outer = [p for p in prepared if fold_of(p.example.issuer, _FOLDS, seed) == fold]
        if inner and outer:
            part = _uncalibrated(inner, seed)
            for one in outer:
                found, rules = read_part(part, one.document), spelled(one.document, part.spelling).fields
                for name in part.fields:
                    if name in one.example.fields:
                        own = found[name][0] if name in found else None
                        outcomes.setdefault(name, []).append((own, rules.get(name), one))
    whole = _uncalibrated(prepared, seed)
    fields = {
        name: _calibrated(name, model, outcomes[name])
        for name, model in whole.fields.items()
        if _is_worth_it(name, outcomes.get(name, []))
    }
    return Part(fields, whole.tagger, whole.spelling)


def _uncalibrated(prepared: Sequence[Prepared], seed: int) -> Part:
    names = sorted({name for one in prepared for name in one.example.fields} - _KINDS_OF_NUMBERS)
    fields, headed = {}, _is_headed(prepared)
    for name in names:
        having = [one for one in prepared if name in one.example.fields]
        if len(having) < FEWEST:
            continue
        kind = kind_of(name, (one.example.fields[name] for one in having))
        if headed and name in header.FIELDS:
            fields[name] = FieldModel(kind, None)
        elif ranker := _ranker(having, name, kind, seed):
            fields[name] = FieldModel(kind, ranker)
    if not any(model.ranker is None for model in fields.values()):
        return Part(fields)
    return Part(fields, _tagger(prepared), Spelling.learn(_texts(prepared)))


def _is_headed(prepared: Sequence[Prepared]) -> bool:
    return prepared[0].example.document_type == _HEADED


def _texts(prepared: Sequence[Prepared]) -> Iterator[tuple[str, str]]:
    for one in prepared:
        yield from ((one.example.issuer, one.example.fields[n]) for n in header.FIELDS if n in one.example.fields)


def _tagger(prepared: Sequence[Prepared]) -> header.Tagger:
    headers = [one.header for one in prepared if one.header.rows]
    return header.train(headers, [h.targets(dict(p.example.fields)) for p in prepared if (h := p.header).rows])


def _ranker(having: Sequence[Prepared], name: str, kind: Kind, seed: int) -> ranking.Ranker | None:
    matrices, right = [], []
    for one in having:
        these, matrix = one.candidates(kind)
        labels: npt.NDArray[np.bool_] = np.array([one.is_right(name, c.value) for c in these], dtype=bool)
        if labels.any():
            matrices.append(matrix)
            right.append(labels)
    return ranking.train(matrices, right, seed=seed) if len(matrices) >= FEWEST else None


def _calibrated(name: str, model: FieldModel, outcomes: Sequence[Outcome]) -> FieldModel:
    said = [(found, one) for found, _, one in outcomes if found]
    right = [one.is_right(name, str(found.value)) for found, one in said]
    calibrator = Calibrator.fit([found.confidence for found, _ in said], right)
    return FieldModel(model.kind, model.ranker, calibrator, _rivalry(name, outcomes))


def _is_worth_it(name: str, outcomes: Sequence[Outcome]) -> bool:
    """Whether there is enough to judge by, and the model is not clearly worse than the rules.

    Clearly is by two standard deviations of a coin that decides.
    """
    gained, lost, _ = _gained(name, outcomes)
    return len(outcomes) >= FEWEST and gained - lost >= -2 * (gained + lost) ** 0.5


def _rivalry(name: str, outcomes: Sequence[Outcome]) -> Rivalry:
    """Shares by which the rules are preferred unless the model was clearly better: receipts elsewhere are unlike these.

    Clearly is by a standard deviation of a coin that decides; and the model's silence speaks against a value only where
    such values were mostly wrong, with two right and two wrong ones taken for granted (Agresti and Coull).
    """
    gained, lost, differing = _gained(name, outcomes)
    alone = [one.is_right(name, str(rules.value)) for found, rules, one in _pairs(outcomes) if found is None]
    own, rules = (gained + 0.5) / (differing + 2), (lost + _BENEFIT / len(outcomes)) / (differing + 2)
    if gained - lost < (gained + lost) ** 0.5:
        own = min(own, rules)
    return Rivalry(round(own, 3), round(rules, 3), round((sum(alone) + 2) / (len(alone) + 4), 3))


def _gained(name: str, outcomes: Sequence[Outcome]) -> tuple[int, int, int]:
    """Where model and rules differ: how often the model alone is right, the rules alone, and how often that is."""
    differing = [(f, rules, one) for f, rules, one in _pairs(outcomes) if f and f.value != rules.value]
    right = [
        (one.is_right(name, str(found.value)), one.is_right(name, str(rules.value)))
        for found, rules, one in differing
        if found
    ]
    return right.count((True, False)), right.count((False, True)), len(right)


def _pairs(outcomes: Sequence[Outcome]) -> Iterator[tuple[Found | None, Found, Prepared]]:
    """Those of documents in which the rules found something."""
    for found, rules, one in outcomes:
        if rules:
            yield found, rules, one
