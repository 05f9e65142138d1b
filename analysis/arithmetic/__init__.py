"""Arithmetic as a witness: among what may have been read, the values that add up; and how sure that makes of them.

All equations of a document are solved together. A reading is only replaced where exactly one smallest change makes
them hold: by another candidate, or by what OCR may have misread. Text layers and XML are never put right.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from decimal import Decimal
from typing import Any

from analysis.arithmetic import evidence
from analysis.arithmetic.search import Changes, Problem, gap_of, solution
from analysis.checks.equations import Equation, equations, values_of
from analysis.checks.values import shown
from analysis.findings import Extraction, Found, Issue
from documents.pages import PageReading

_ROUNDING = Decimal("0.10")  # a gap that rounding may have made, too
_LONG = 4  # terms; longer sums can be closed by chance
_DOUBTFUL = 0.9  # a word that OCR itself is not sure of
_SUREST = 0.99


def settle(extraction: Extraction, pages: Sequence[PageReading]) -> Extraction:
    """The extraction with the values that add up, the proof in `extra["arithmetic"]`, and confidences that follow.

    `extra["arithmetic"]` is {proof: [{code, equation, holds}], chosen: {name: {from, to}}, repaired: {...}}; it is left
    out where there is nothing to add up. Each repair is a warning, `value_repaired`.
    """
    extraction, chosen = _changed(extraction, pages, evidence.chosen_from(extraction), repair=False)
    extraction, repaired = _changed(extraction, pages, evidence.misread(extraction, pages), repair=True)
    found = equations(extraction)
    if not found:
        return extraction
    values = values_of(extraction)
    more, paid = evidence.witnesses(extraction, pages)
    values |= paid
    found += [one for one in more if one.holds(values)]
    told = {"proof": _proof(found, values, {*chosen, *repaired}), "chosen": chosen, "repaired": repaired}
    extra = extraction.extra | {"arithmetic": {name: value for name, value in told.items() if value}}
    issues = [*extraction.issues, *(_issue(name, change, found) for name, change in repaired.items())]
    return replace(_weighed(extraction, found, values), extra=extra, issues=issues)


def _changed(
    extraction: Extraction, pages: Sequence[PageReading], alternatives: Mapping[str, Set[Decimal]], *, repair: bool
) -> tuple[Extraction, dict[str, dict[str, str]]]:
    """The extraction with the changes that make it add up, and what they are: {name: {from, to}}."""
    if not any(alternatives.values()):
        return extraction, {}
    witnesses, paid = evidence.witnesses(extraction, pages)
    values, twins = values_of(extraction) | paid, evidence.twins(extraction)
    required = evidence.independent(equations(extraction), twins)
    witnesses = evidence.independent(witnesses, twins)
    required += [one for one in witnesses if one.holds(values)]  # no change may break what holds
    # Lines are often misread beyond repair; the sums below them may be right, or put right, all the same.
    of_sums = [one for one in required if "line_items" not in one.fields or one.holds(values)]
    for some in (required, of_sums):
        problem = Problem(some, witnesses, values, alternatives)
        changes = solution(problem)
        if changes and (not repair or _is_proven(problem, changes, extraction, pages)):
            changes = {**changes, **{name: changes[one] for name, one in twins.items() if one in changes}}
            told = {name: {"from": shown(values[name]), "to": shown(value)} for name, value in changes.items()}
            return evidence.applied(extraction, changes), told
    return extraction, {}


def _is_proven(problem: Problem, changes: Changes, extraction: Extraction, pages: Sequence[PageReading]) -> bool:
    """Whether each change makes two equations hold, or one that neither chance nor rounding explains."""
    after = {**problem.values, **changes}
    everything = [*problem.required, *(one for one in problem.witnesses if one not in problem.required)]
    fixed = [one for one in everything if one.holds(after) and not one.holds(problem.values)]
    holding = [one for one in everything if one.holds(after) and one not in fixed]
    scanned = {page.number: page for page in pages if page.source == "ocr"}

    def proven(name: str) -> bool:
        mine = [one for one in fixed if name in one.names]
        if len(mine) != 1:
            return len(mine) > 1
        (one,) = mine
        others = one.names - {name}
        if len(others) >= _LONG or gap_of(one, problem.values) <= _ROUNDING:
            return False
        vouched = all(any(other in witness.names for witness in holding) for other in others)
        return vouched or evidence.is_doubtful(evidence.place_of(name, extraction), scanned, below=_DOUBTFUL)

    return all(map(proven, changes))


def _proof(found: Sequence[Equation], values: Mapping[str, Decimal], changed: Set[str]) -> list[dict[str, Any]]:
    """The equations with their values: all of the sums, and of the lines those that don't hold or were changed."""
    return [
        {"code": one.code, "equation": _sentence(one, values), "holds": one.holds(values)}
        for one in found
        if one.code != "line_amount" or not one.holds(values) or changed & one.names
    ]


def _sentence(one: Equation, values: Mapping[str, Decimal]) -> str:
    form = next((form for form in one.forms if abs(form.gap(values)) <= one.tolerance), one.forms[0])
    if form is one.forms[0] and one.holds(values):
        return f"{one.words}."
    if one.holds(values):
        return f"{form.printed.capitalize()} {shown(values[form.printed])} is {shown(form.expected(values))}."
    return f"{one.words}, but the document says {shown(values[form.printed])}."


def _issue(name: str, change: Mapping[str, str], found: Sequence[Equation]) -> Issue:
    proof = next((one.words for one in found if name in one.names), "")
    detail = (
        f"{_words(name)} was read as {change['from']} and is taken for {change['to']}, the only reading that adds up "
        f"({proof}); compare it with the page."
    )
    return Issue("value_repaired", detail, (name.partition(".")[0],), severity="warning")


def _words(name: str) -> str:
    head, _, rest = name.partition(".")
    if not rest:
        return f"The {head.replace('_', ' ')}"
    index, part = rest.split(".")
    where = f"line {int(index) + 1}" if head == "line_items" else f"tax rate {int(index) + 1}"
    return f"The {part.replace('_', ' ')} of {where}"


def _weighed(extraction: Extraction, found: Sequence[Equation], values: Mapping[str, Decimal]) -> Extraction:
    """Surer what adds up, each equation halving the doubt; less sure what contradicts and adds up nowhere."""
    speaking = [one for one in found if all(values[name] for name in one.names)]
    held = Counter(name for one in speaking if one.holds(values) for name in one.names)
    broken = {name for one in found if not one.holds(values) for name in one.names} - held.keys()
    fields = {
        name: _reweighed(one, held[name], name in broken) if name in values else one
        for name, one in extraction.fields.items()
    }
    items = [
        replace(item, confidence=_weight(item.confidence, held[f"line_items.{index}.amount"] > 1, False))
        if item.source not in ("xml", "person")
        else item
        for index, item in enumerate(extraction.line_items)
    ]
    return replace(extraction, fields=fields, line_items=items)


def _reweighed(found: Found, held: int, broken: bool) -> Found:
    if found.source in ("xml", "person"):
        return found
    return replace(found, confidence=_weight(found.confidence, held, broken))


def _weight(confidence: float, held: int, broken: bool) -> float:
    if broken:
        return round(0.75 * confidence, 3)
    return round(max(confidence, min(1 - (1 - confidence) * 0.5**held, _SUREST)), 3)
