"""Training: a candidate from what people corrected, measured against the active model on issuers it never saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from analysis import document_types, learned
from analysis.findings import Extraction
from analysis.learned import Example, Model
from analysis.learned.training import fold_of
from analysis.learning import approval, comparing, registry, thresholds, versions
from analysis.models import ModelVersion
from documents.errors import InvalidInput

Progress = Callable[[float], None]

_FOLDS = 3  # one of them is held out, by the issuer: the same issuers in every training
_FEWEST = 10  # documents to train on, and to measure on


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it: `better` names the document types that the candidate reads better than the active model."""

    version: ModelVersion
    better: list[str]
    promoted: bool


def run(
    examples: Sequence[Example],
    *,
    data_sha256: str,
    promote: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Trained:
    """Trains, compares, stores, and promotes what is better.

    For each document type the better of candidate and active model is kept. If none is better, the active model gets
    new figures and thresholds from the same documents; without `promote` it is only measured.

    Raises InvalidInput `too_few_examples`.
    """
    inner = [one for one in examples if not is_held_out(one.issuer)]
    outer = [one for one in examples if is_held_out(one.issuer)]
    if min(len(inner), len(outer)) < _FEWEST:
        raise InvalidInput("too_few_examples", _too_few(len(inner), len(outer)))
    now = registry.current()
    candidate = learned.train(inner, seed=seed, progress=progress)
    before, after = comparing.read_all(now, outer), comparing.read_all(candidate, outer)
    better = _better(outer, before, after, candidate)
    chosen = Model({**now.parts, **{name: candidate.parts[name] for name in better}}) if better else now
    found = [new if one.document_type in better else old for one, old, new in zip(outer, before, after, strict=True)]
    limits = _thresholds(outer, found)
    metrics = _metrics(inner, outer, before, after, better) | {"active": now.name, "seed": seed}
    metrics["approval"] = _approval(outer, found, limits)
    if not better and not promote:  # the active model is left as it is, with its thresholds
        return Trained(ModelVersion(name=now.name, metrics=metrics, thresholds=limits), [], False)
    version = registry.publish(chosen, metrics=metrics, thresholds=limits, data_sha256=data_sha256)
    if promote and version.status != version.Status.ACTIVE:
        versions.promote(version)
    return Trained(version, better, promote and bool(better))


def is_held_out(issuer: str) -> bool:
    """Whether documents of this issuer are for measuring, in every training."""
    return fold_of(issuer, _FOLDS) == 0


def _too_few(inner: int, outer: int) -> str:
    return (
        f"There are {inner} reviewed documents to train on and {outer} of other issuers to measure on; it takes "
        f"{_FEWEST} of each. Review more of them, of several issuers."
    )


def _better(
    examples: Sequence[Example], before: Sequence[Extraction], after: Sequence[Extraction], candidate: Model
) -> list[str]:
    old, new = comparing.scores(examples, before), comparing.scores(examples, after)
    return sorted(
        name for name in new if name in candidate.parts and comparing.mean(new[name]) > comparing.mean(old[name])
    )


def _thresholds(examples: Sequence[Example], found: Sequence[Extraction]) -> thresholds.Thresholds:
    if not settings.APPROVAL_PRECISION:
        return {}
    required = {name: approval.required(name) for name in document_types.all()}
    seen = comparing.seen(examples, found)
    return thresholds.choose(seen, required, precision=settings.APPROVAL_PRECISION / 100)


def _approval(
    examples: Sequence[Example], found: Sequence[Extraction], limits: thresholds.Thresholds
) -> dict[str, float]:
    """What the thresholds would have approved of the documents that they were chosen by."""
    share, right = thresholds.coverage(comparing.seen(examples, found), limits)
    return {"coverage": round(share, 4), "right": round(right, 4)}


def _metrics(
    inner: Sequence[Example],
    outer: Sequence[Example],
    before: Sequence[Extraction],
    after: Sequence[Extraction],
    better: Sequence[str],
) -> dict[str, Any]:
    old, new = comparing.scores(outer, before), comparing.scores(outer, after)
    return {
        "trained_on": {"documents": len(inner), "issuers": len({one.issuer for one in inner})},
        "measured_on": {"documents": len(outer), "issuers": len({one.issuer for one in outer})},
        "better": list(better),
        "f1": {
            name: {
                field: {"active": round(old[name][field].f1, 4), "candidate": round(score.f1, 4)}
                for field, score in sorted(fields.items())
            }
            for name, fields in sorted(new.items())
        },
    }
