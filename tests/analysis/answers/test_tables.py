"""Rows of tables, with the titles of their columns where there are any."""

import pytest

from analysis.answers import tables

CARE = "| Task | Interval |\n| --- | --- |\n| Cleaning | weekly |\n| Descaling | every 2 months |"


def said(text):
    return [row.said(titled=True) for row in tables.rows(text)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (CARE, ["Task: Cleaning · Interval: weekly", "Task: Descaling · Interval: every 2 months"]),
        ("| Pos. | Länge (1 m) | |\n|---|---|---|\n| 1 | 2 | 3 |", ["Pos.: 1 · Länge (1 m): 2 · 3"]),
        ("| Cleaning | weekly |\n| --- | --- |\n| Oil | monthly |", ["Cleaning · weekly", "Oil · monthly"]),
        ("| Weight | 12 kg |\n| --- | --- |\n| Oil | SAE |", ["Weight · 12 kg", "Oil · SAE"]),
        ("| | Date: | 1.1. |\n| --- | --- | --- |\n| a | b | - |", ["Date: · 1.1.", "a · b"]),
        ("| part | price |\n| hose | 4 |", ["part · price", "hose · 4"]),  # without a rule
        ("| part | price |\n| --- | --- |", ["part · price"]),  # no rows
    ],
)
def test_titles_are_said_where_they_are_some(text, rows):
    assert said(text) == rows


def test_rows_know_their_places():
    [first, last] = tables.rows(CARE, 7)
    assert [CARE[row.start - 7 : row.end - 7] for row in (first, last)] == [
        "| Cleaning | weekly |",
        "| Descaling | every 2 months |",
    ]
    assert first.head == last.head == (7, 7 + len("| Task | Interval |"))


def test_a_part_of_a_text_is_readable():
    text = f"Care\n\n{CARE}\n\nWear gloves."
    row = text.index("| Cleaning")
    assert tables.readable(text, 0, len(text)) == (
        "Care\n\nTask · Interval\nCleaning · weekly\nDescaling · every 2 months\n\nWear gloves."
    )
    assert tables.readable(text, row, row + 5) == "Task: Cleaning · Interval: weekly"
    assert tables.readable(text, 0, 4) == "Care"
    assert "".join(text[start:end] for start, end, _ in tables.stretches(text)) == text
