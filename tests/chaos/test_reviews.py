"""That the scenario of reviews notices what is lost, judged twice, or summed up wrongly."""

import copy

import pytest

from analysis.reviews import statistics
from analysis.reviews.tables import Layout
from tests.chaos import reviews
from tests.chaos.harness import Broken

ROWS = list(reviews.rows(2_100))
LABELS = ("positive", "neutral", "negative")


def stored(row):
    """As the product keeps it."""
    if row.code:
        return [row.text, "", None, "", row.code]
    return [row.text, LABELS[len(row.text) % 3], 0.75, "en", ""]


@pytest.fixture(scope="module")
def truth():
    found, said = reviews.Truth(), {}
    for row in ROWS:
        reviews._add(found, row, stored(row), said)
    return found


@pytest.fixture(scope="module")
def told():
    layout = Layout(list(reviews.HEAD), text=1, groups=[2, 3], day=4)
    counted = statistics.count(layout, ((row.cells, *stored(row)[1:4]) for row in ROWS))
    return statistics.shown(counted, len(ROWS))


def test_what_agrees_passes(told, truth):
    reviews._compare(told, truth)
    assert truth.refused == 2_100 // 211 + 2_100 // 503 + 2_100 // 1_009
    assert sum(truth.labels.values()) == 2_100 - truth.refused


@pytest.mark.parametrize(
    ("path", "by"),
    [
        (["total"], 1),
        (["refused"], -1),
        (["positive", "count"], 1),
        (["mean_confidence"], 0.01),
        (["by", "shop", "north", "negative"], 1),
        (["by_day", "2025-03-01", "neutral"], 1),
        (["by_language", "en", "positive"], -1),
    ],
)
def test_a_sum_that_is_wrong_is_noticed(told, truth, path, by):
    wrong = copy.deepcopy(told)
    *way, last = path
    place = wrong
    for name in way:
        place = place[name]
    place[last] += by
    with pytest.raises(Broken):
        reviews._compare(wrong, truth)


@pytest.mark.parametrize("change", [("text", "other"), ("label", ""), ("label", "neutral"), ("code", "text_empty")])
def test_a_row_that_is_wrong_is_noticed(change):
    name, value = change
    row = next(row for row in ROWS if not row.code)
    kept = dict(zip(("text", "label", "confidence", "language", "code"), stored(row), strict=True))
    said = {row.text: "positive"}
    with pytest.raises(Broken):
        reviews._add(reviews.Truth(), row, list((kept | {"label": "positive"} | {name: value}).values()), said)
