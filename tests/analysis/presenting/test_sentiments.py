"""Counts of verdicts as bars and columns."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from analysis.presenting import sentiments


def counts(positive=0, neutral=0, negative=0):
    return {"total": positive + neutral + negative, "positive": positive, "neutral": neutral, "negative": negative}


def test_a_bar_is_filled_without_a_gap():
    found = sentiments.shares(counts(1, 1, 1))
    assert [share.label for share in found] == ["positive", "neutral", "negative"]
    assert [share.percent for share in found] == [33.3, 33.3, 33.3]
    for one, other in pairwise(found):
        assert one.x + one.width == pytest.approx(other.x, abs=0.02)
    assert found[-1].x + found[-1].width == pytest.approx(sentiments.WIDTH, abs=0.02)


def test_nothing_is_an_empty_bar():
    assert {(share.percent, share.width) for share in sentiments.shares({})} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(1.0, "very sure"), (0.9, "very sure"), (0.8999, "sure"), (0.6, "fairly sure"), (0.34, "unsure"), (0.0, "unsure")],
)
def test_confidence_in_words(confidence, words):
    assert sentiments.confidence_words(confidence) == words


def test_days_without_reviews_have_a_place():
    chart = sentiments.over_time({"2026-02-27": counts(1), "2026-03-02": counts(1, 0, 3)})
    assert chart.unit == "day"
    assert [column.group.name for column in chart.columns] == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert [column.group.total for column in chart.columns] == [1, 0, 0, 4]
    assert chart.most == 4
    assert [label for label, _, _ in chart.columns[-1].segments] == ["negative", "positive"]  # from the ground up
    assert chart.columns[-1].segments[-1][1] == 0
    assert chart.columns[1].segments == []


@pytest.mark.parametrize(
    ("days", "unit", "first", "last", "columns"),
    [
        (61, "day", "2024-11-30", "2025-01-30", 62),
        (62, "month", "2024-11", "2025-01", 3),
        (365 * 5, "month", "2024-11", "2029-11", 61),
        (365 * 6, "year", "2024", "2030", 7),
        (365 * 300, "year", "2263", "2324", 62),
    ],
)
def test_many_days_are_months_and_many_months_are_years(days, unit, first, last, columns):
    begin = date(2024, 11, 30)
    by_day = {(begin + timedelta(number)).isoformat(): counts(negative=2) for number in (0, days // 2, days)}
    chart = sentiments.over_time(by_day)
    assert (chart.unit, len(chart.columns)) == (unit, columns)
    assert (chart.columns[0].group.name, chart.columns[-1].group.name) == (first, last)
    if columns < 62 or unit == "day":
        assert sum(column.group.total for column in chart.columns) == 6


def test_one_day_is_no_chart():
    assert sentiments.over_time({}) is None
    assert sentiments.over_time({"2026-01-01": counts(1)}) is None
