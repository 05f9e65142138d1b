"""Searches for the fewest changes of values after which all equations hold."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from math import prod
from typing import NamedTuple

from analysis.checks.equations import Equation, Form, Values

_MOST_CHANGES = 3
_MOST_STEPS = 400  # substitutions that are looked into, of one search

Alternatives = Mapping[str, Set[Decimal]]
Changes = Mapping[str, Decimal]


class Problem(NamedTuple):
    """`required` must hold; `witnesses` need not, but speak for a solution that they hold in."""

    required: Sequence[Equation]
    witnesses: Sequence[Equation]
    values: Values
    alternatives: Alternatives


def solution(problem: Problem) -> Changes | None:
    """The one set of changes with which all required equations hold: the smallest, then the one with most witnesses.

    None where nothing is wrong, nothing helps, or two solutions are equally good: a guess is no repair.
    """
    broken = [one for one in (*problem.required, *problem.witnesses) if not one.holds(problem.values)]
    if not any(one in problem.required for one in broken):
        return None
    for limit in range(1, _MOST_CHANGES + 1):
        found, complete = _solutions(problem, limit)
        if found or not complete:
            return _only(problem, found) if complete else None
    return None


def _solutions(problem: Problem, limit: int) -> tuple[list[dict[str, Decimal]], bool]:
    """All solutions with `limit` changes, each once; False if there were too many steps to be sure."""
    found: dict[frozenset[tuple[str, Decimal]], dict[str, Decimal]] = {}
    touched = _touched(problem.required)
    first_broken = {place for place, one in enumerate(problem.required) if not one.holds(problem.values)}
    open_sets: list[dict[str, Decimal]] = [{}]
    steps = 0
    while open_sets:
        changes = open_sets.pop()
        values = {**problem.values, **changes}
        # Only what was broken, or has a changed value in it, can be broken now.
        places = sorted(first_broken.union(*(touched[name] for name in changes)))
        broken = next((problem.required[place] for place in places if not problem.required[place].holds(values)), None)
        if broken is None:
            found[frozenset(changes.items())] = changes
        elif len(changes) < limit:
            for name, value in _substitutes(broken, values, problem.alternatives):
                steps += 1
                if steps > _MOST_STEPS:
                    return [], False
                if name not in changes:
                    open_sets.append({**changes, name: value})
    return list(found.values()), True


def _touched(equations: Sequence[Equation]) -> Mapping[str, Set[int]]:
    """Which equations a value takes part in, by their places."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for place, equation in enumerate(equations):
        for name in equation.names:
            found[name].add(place)
    return found


def _substitutes(equation: Equation, values: Values, alternatives: Alternatives) -> Iterator[tuple[str, Decimal]]:
    """Single values with which the equation would hold."""
    for form in equation.forms:
        gap = form.gap(values)
        for value in alternatives.get(form.printed, ()):
            if abs(gap + value - values[form.printed]) <= equation.tolerance:
                yield form.printed, value
        for factor, names in form.terms:
            yield from _in_term(factor, names, gap, equation, values, alternatives)


def _in_term(
    factor: Decimal,
    names: tuple[str, ...],
    gap: Decimal,
    equation: Equation,
    values: Values,
    alternatives: Alternatives,
) -> Iterator[tuple[str, Decimal]]:
    for name in names:
        others = factor * prod(values[other] for other in names if other != name)
        for value in alternatives.get(name, ()):
            if abs(gap - others * (value - values[name])) <= equation.tolerance:
                yield name, value


def _only(problem: Problem, found: Sequence[dict[str, Decimal]]) -> Changes | None:
    """The solution in which most witnesses hold, if no other is as good."""
    ranked = sorted(found, key=lambda changes: -_holding(problem, changes))
    if len(ranked) > 1 and _holding(problem, ranked[0]) == _holding(problem, ranked[1]):
        return None
    return ranked[0] if ranked else None


def _holding(problem: Problem, changes: Changes) -> int:
    values = {**problem.values, **changes}
    return sum(one.holds(values) for one in problem.witnesses)


def gap_of(equation: Equation, values: Values) -> Decimal:
    """The smallest distance from holding, over the equation's forms."""

    def distance(form: Form) -> Decimal:
        return abs(form.gap(values))

    return min(map(distance, equation.forms))
