"""The model: rankers, the tagger of headers and their calibration, saved as text and JSON, never as pickles."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import document_types
from analysis.findings import Extraction, Found, Value
from analysis.learned import features
from analysis.learned.calibration import Calibrator
from analysis.learned.candidates import Candidate, Document, Kind, candidates
from analysis.learned.header import FIELDS, Header, Tagger
from analysis.learned.ranking import Ranker
from analysis.learned.spelling import Spelling, surely_read
from analysis.rules.labelled import extract_labelled
from analysis.rules.sheet import Sheet
from documents.errors import InvalidInput
from documents.pages import PageReading

FORMAT = 2

_FIRST_PAGES, _LAST_PAGES = 4, 2
_LEAST = 0.2  # a probability below which nothing is said
_LEAST_ALONE = 0.4  # the same for what the rules say where the model is silent: mostly wrong is worse than nothing
_BEHIND = 0.95  # of the likelihood of the value that is preferred, at most, for what is said against it
_ALTERNATIVES = 4  # per field, for what chooses among them later


@dataclass(frozen=True, slots=True)
class Rivalry:
    """How often rules and model are right where they differ, on documents that the model was not trained on.

    `own` and `rules`: the model's and the rules' values that stand against each other; `alone`: the rules' values where
    the model says nothing.
    """

    own: float = 1.0
    rules: float = 0.0
    alone: float = 1.0


@dataclass(frozen=True, slots=True)
class FieldModel:
    """What finds one field of one document type. Without a ranker, the tagger of headers does."""

    kind: Kind
    ranker: Ranker | None
    calibrator: Calibrator = field(default_factory=Calibrator)
    rivalry: Rivalry = field(default_factory=Rivalry)


@dataclass(frozen=True)
class Part:
    """What was learned of one document type."""

    fields: Mapping[str, FieldModel]
    tagger: Tagger | None = None
    spelling: Spelling = field(default_factory=Spelling)


@dataclass(frozen=True)
class Model:
    """Learned extraction. `name` changes with anything that was learned."""

    parts: Mapping[str, Part]

    @cached_property
    def name(self) -> str:
        """Names what was learned: equal names find equal values."""
        files = self._files()
        digest = hashlib.sha256(b"".join(name.encode() + files[name] for name in sorted(files)))
        return f"learned-{digest.hexdigest()[:10]}"

    def read(self, pages: Sequence[PageReading], document_type: str, *, rules: Extraction | None = None) -> Extraction:
        """What the model finds, with the likelihood of each value; `rules` has what the rules found, if that is known.

        Of a document type that it learned nothing of it finds nothing.
        """
        known = document_type in self.parts
        return self.read_prepared(prepare(pages, document_type, rules)) if known else self._nothing(document_type)

    def read_prepared(self, document: Document) -> Extraction:
        """`read`, for a document that is prepared already."""
        document_type = document.rules.document_type
        part = self.parts.get(document_type)
        if part is None:
            return self._nothing(document_type)
        found = read_part(part, document)
        best = {name: ranked[0] for name, ranked in found.items()}
        return Extraction(document_type, best, model_version=self.name, candidates=found)

    def _nothing(self, document_type: str) -> Extraction:
        return Extraction(document_type, model_version=self.name)

    def beside(self, rules: Extraction, pages: Sequence[PageReading]) -> list[Extraction]:
        """The rules' reading and this model's, ready to be fused."""
        if rules.document_type not in self.parts:
            return [rules, self._nothing(rules.document_type)]
        document = prepare(pages, rules.document_type, rules)
        return self.weighed(self.spelled(document), self.read_prepared(document))

    def spelled(self, document: Document) -> Extraction:
        """What the rules found, with the words of names and addresses put right that the model knows."""
        part = self.parts.get(document.rules.document_type)
        return spelled(document, part.spelling) if part else document.rules

    def weighed(self, rules: Extraction, own: Extraction) -> list[Extraction]:
        """The rules' reading and this model's own for fusion. The model has heard the rules already.

        What both say is as likely as the model says, not likelier. Of two values the one is preferred whose side was
        right more often where they differed; the other is an alternative. Where the model is silent the rules' value is
        as likely as such values were, and left out if most of them were wrong.
        """
        part = self.parts.get(rules.document_type)
        for name, model in part.fields.items() if part and rules.fields else ():
            said, mine = rules.fields.get(name), own.fields.get(name)
            if said is None:
                continue
            if mine is None:
                rules = _limited(rules, name, model.rivalry.alone if model.rivalry.alone >= _LEAST_ALONE else None)
            elif said.value == mine.value:
                rules = _limited(rules, name, 0.0)
            else:
                first, second = _opposed(model.rivalry, said, mine)
                rules, own = _limited(rules, name, first), _limited(_without(own, name, said.value), name, second)
        return [rules, own]

    def save(self, folder: Path) -> None:
        """Writes the model's files into the folder, which is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._files().items():
            (folder / name).write_bytes(content)

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """A saved model. Raises InvalidInput (`model_unusable`) if it is damaged or of another version."""
        try:
            description = json.loads((folder / "model.json").read_text("utf-8"))
            if (description["format"], description["features"]) != (FORMAT, features.VERSION):
                raise ValueError("it was made by another version")
            return cls({name: _part(folder, name, part) for name, part in description["parts"].items()})
        except (OSError, ValueError, KeyError, TypeError) as error:
            detail = f"The model in {folder.name} can't be used ({error}); train it again."
            raise InvalidInput("model_unusable", detail) from error

    def _files(self) -> dict[str, bytes]:
        description: dict[str, Any] = {"format": FORMAT, "features": features.VERSION, "parts": {}}
        files = {}
        for name, part in sorted(self.parts.items()):
            description["parts"][name] = {
                "spelling": sorted(part.spelling.words),
                "tagger": part.tagger is not None,
                "fields": {field: _described(model) for field, model in sorted(part.fields.items())},
            }
            if part.tagger:
                files[f"{name}.crfsuite"] = part.tagger.content
            for field_name, model in part.fields.items():
                if model.ranker:
                    files[f"{name}.{field_name}.txt"] = model.ranker.text.encode()
        files["model.json"] = (json.dumps(description, indent=1, ensure_ascii=False) + "\n").encode()
        return files


def _opposed(rivalry: Rivalry, rules: Found, own: Found) -> tuple[float, float]:
    """The likelihoods of the rules' value and of the model's, which differ."""
    for_rules, for_own = min(rules.confidence, rivalry.rules), min(own.confidence, rivalry.own)
    if rivalry.own > rivalry.rules:
        return min(for_rules, _BEHIND * for_own), for_own
    return for_rules, min(for_own, _BEHIND * for_rules)


def _limited(reading: Extraction, name: str, most: float | None) -> Extraction:
    """The reading with nothing said of the field that is likelier than `most`; with nothing at all for None."""
    if most is None:
        fields = {other: found for other, found in reading.fields.items() if other != name}
        candidates = {other: found for other, found in reading.candidates.items() if other != name}
        return replace(reading, fields=fields, candidates=candidates)
    fields = {**reading.fields, name: _at_most(reading.fields[name], most)}
    ranked = tuple(_at_most(one, most) for one in reading.candidates.get(name, ()))
    return replace(reading, fields=fields, candidates={**reading.candidates, name: ranked})


def _at_most(found: Found, most: float) -> Found:
    return replace(found, confidence=min(found.confidence, round(most, 3)))


def _without(reading: Extraction, name: str, value: Value) -> Extraction:
    """The reading without this alternative, for which somebody else speaks."""
    ranked = tuple(one for one in reading.candidates.get(name, ()) if one.value != value)
    return replace(reading, candidates={**reading.candidates, name: ranked})


def _described(model: FieldModel) -> dict[str, Any]:
    calibrator = [model.calibrator.slope, model.calibrator.shift]
    ranked = model.ranker is not None
    return {"kind": model.kind, "ranked": ranked, "calibrator": calibrator, "rivalry": list(astuple(model.rivalry))}


def _part(folder: Path, name: str, described: dict[str, Any]) -> Part:
    fields = {}
    for field_name, one in described["fields"].items():
        ranker = Ranker((folder / f"{name}.{field_name}.txt").read_text("utf-8")) if one["ranked"] else None
        rivalry = Rivalry(*one["rivalry"])
        fields[field_name] = FieldModel(one["kind"], ranker, Calibrator(*one["calibrator"]), rivalry)
    tagger = Tagger((folder / f"{name}.crfsuite").read_bytes()) if described["tagger"] else None
    return Part(fields, tagger, Spelling(frozenset(described["spelling"])))


def prepare(pages: Sequence[PageReading], document_type: str, rules: Extraction | None = None) -> Document:
    """The document's first and last pages, and what the rules find on them."""
    looked_at = pages if len(pages) <= _FIRST_PAGES + _LAST_PAGES else [*pages[:_FIRST_PAGES], *pages[-_LAST_PAGES:]]
    return Document.of(Sheet.of(looked_at), rules or by_rules(looked_at, document_type))


def by_rules(pages: Sequence[PageReading], document_type: str) -> Extraction:
    """What the rules find in a document of that type; nothing for types that they don't know."""
    kind = document_types.all().get(document_type)
    if kind is None:
        return Extraction(document_type)
    if kind.extract:
        return kind.extract(pages)
    return Extraction(document_type, extract_labelled(pages, kind.fields))


def spelled(document: Document, spelling: Spelling) -> Extraction:
    """What the rules found, with the known words of names and addresses put right, if OCR read them."""
    rules, rows = document.rules, document.sheet.rows
    if not rows or not rows[0].ocr:
        return rules
    known, sure = {name: rules.fields[name] for name in FIELDS if name in rules.fields}, surely_read(rows)
    right = {name: replace(found, value=spelling.corrected(str(found.value), sure)) for name, found in known.items()}
    ranked = {name: (right[name], *found[1:]) for name, found in rules.candidates.items() if name in right}
    return replace(rules, fields=rules.fields | right, candidates={**rules.candidates, **ranked})


def read_part(part: Part, document: Document) -> dict[str, tuple[Found, ...]]:
    """For each field what was found, the likeliest first."""
    tagged = _tagged(part, document) if part.tagger else {}
    by_kind: dict[Kind, tuple[list[Candidate], features.Matrix]] = {}
    found: dict[str, tuple[Found, ...]] = {}
    for name, model in part.fields.items():
        if model.ranker is None:
            ranked = [(name, tagged[name])] if name in tagged else []
            results = tuple(_sure(model, one, one.confidence) for _, one in ranked)
        else:
            if model.kind not in by_kind:
                these = candidates(document, model.kind)
                by_kind[model.kind] = these, features.matrix(document, these, model.kind)
            results = _ranked(model, *by_kind[model.kind])
        likely = tuple(one for one in results if one.confidence >= _LEAST)[:_ALTERNATIVES]
        if likely:
            found[name] = likely
    return found


def _sure(model: FieldModel, found: Found, score: float) -> Found:
    return replace(found, confidence=round(model.calibrator(score), 3))


def _ranked(model: FieldModel, these: Sequence[Candidate], matrix: features.Matrix) -> tuple[Found, ...]:
    assert model.ranker is not None
    best: dict[str, tuple[float, Candidate]] = {}
    for score, candidate in zip(model.ranker.scores(matrix), these, strict=True):
        if candidate.value not in best or score > best[candidate.value][0]:
            best[candidate.value] = float(score), candidate
    ordered = sorted(best.values(), key=lambda pair: -pair[0])[:_ALTERNATIVES]
    return tuple(candidate.found(model.calibrator(score)) for score, candidate in ordered)


def _tagged(part: Part, document: Document) -> dict[str, Found]:
    assert part.tagger is not None
    header = Header(document)
    labels, certainty = part.tagger.tag(header)
    read = {name: header.read(labels, name, part.spelling) for name in FIELDS}
    return {name: replace(f, confidence=f.confidence * certainty[name]) for name, f in read.items() if f}
