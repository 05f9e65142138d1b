"""The promise of a threshold, on values that were not used to choose it."""

import random

import pytest

from analysis.learning import thresholds
from analysis.learning.thresholds import Seen

REQUIRED = {"receipt": ["date", "total"]}


def seen(count, rate, seed=0, fields=("date", "total"), document_type="receipt"):
    """Documents whose values are wrong the more often, the less sure they are: `rate` of those without confidence."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        for field in fields:
            confidence = dice.random()
            right = dice.random() > rate * (1 - confidence) ** 3
            found.append(Seen(f"{seed}-{number}", document_type, field, round(confidence, 4), right))
    return found


def test_the_promise_holds_on_other_documents():
    """Over many trials, few thresholds may let in more mistakes than promised."""
    broken = chosen = 0
    for seed in range(60):
        found = thresholds.choose(seen(1_500, 0.5, seed), REQUIRED, precision=0.97)
        chosen += bool(found)
        for least in found.get("receipt", {}).values():
            broken += 0.5 * (1 - least) ** 3 / 4 > 0.03  # the true share of mistakes above the threshold
    assert chosen > 40
    assert broken <= 0.05 * 60


def test_the_better_the_values_the_more_are_approved():
    good = thresholds.choose(seen(3_000, 0.30), REQUIRED, precision=0.97)["receipt"]
    poor = thresholds.choose(seen(3_000, 0.90), REQUIRED, precision=0.97)["receipt"]
    assert all(good[name] < poor[name] for name in good)
    assert thresholds.choose(seen(3_000, 0.30), REQUIRED, precision=0.99)["receipt"]["total"] > good["total"]


@pytest.mark.parametrize("precision", [0.9, 0.99])
def test_how_many_it_takes(precision):
    enough = thresholds.needed(precision, 2)
    perfect = [Seen(str(n), "receipt", field, 0.9, True) for n in range(enough) for field in ("date", "total")]
    assert thresholds.choose(perfect, REQUIRED, precision=precision) == {"receipt": {"date": 0.9, "total": 0.9}}
    assert thresholds.choose(perfect[2:], REQUIRED, precision=precision) == {}


def test_a_field_that_is_never_found_keeps_its_type_from_being_approved():
    found = seen(3_000, 0.0, fields=("total",))
    assert thresholds.choose(found, REQUIRED, precision=0.9) == {}
    assert thresholds.choose(found, {"other": []}, precision=0.9) == {}


@pytest.mark.parametrize(
    ("count", "forgiven"), [(109, 0), (110, 1), (141, 1), (142, 2), (172, 2), (173, 3), (1_000, 3)]
)
def test_the_second_walk_forgives_as_many_mistakes_as_so_many_values_allow_for(count, forgiven):
    """The surest ones are wrong, so that the first walk ends at once; one mistake more is too many for the second."""
    for wrong in range(1, 5):
        found = [Seen(str(n), "receipt", "total", 1 - n / 2_000, n >= wrong) for n in range(count)]
        passes = bool(thresholds.choose(found, {"receipt": ["total"]}, precision=0.95))
        assert passes == (wrong <= forgiven)


def test_values_that_are_equally_sure_go_in_together():
    """One mistake among them counts, wherever it stands."""
    for at in (0, 299, 598):
        found = [Seen(str(n), "receipt", "total", 0.9, n != at) for n in range(599)]
        assert thresholds.choose(found, {"receipt": ["total"]}, precision=0.995) == {}


def test_coverage_counts_documents_of_which_all_fields_pass():
    least = {"receipt": {"date": 0.5, "total": 0.5}}
    found = [
        Seen("a", "receipt", "date", 0.9, True),
        Seen("a", "receipt", "total", 0.9, False),
        Seen("b", "receipt", "date", 0.9, True),
        Seen("b", "receipt", "total", 0.4, True),
        Seen("c", "receipt", "total", 0.9, True),
        Seen("d", "other", "total", 0.9, True),
    ]
    assert thresholds.coverage(found, least) == (0.25, 0.5)
    assert thresholds.coverage([], least) == (0.0, 1.0)
