"""Lines and reading order, on words whose places are known."""

import math
import random

from analysis.reading import layout
from documents.pages import Word

CHARACTER, HEIGHT = 5, 10


def words(text, x, y, slope=0.0):
    """The words of `text` in a font of fixed width, from (x, y) on, falling by `slope`."""
    found = []
    for word in text.split(" "):
        if word:
            drop = slope * x
            found.append(Word(word, x, y + drop, x + CHARACTER * len(word), y + HEIGHT + drop))
        x += CHARACTER * (len(word) + 1)
    return found


def texts(lines):
    return [" ".join(word.text for word in line) for line in lines]


def test_lines_go_from_top_to_bottom_and_from_left_to_right():
    page = words("Total 12.00", 10, 50) + words("Invoice 7", 10, 10) + words("of today", 60, 10)
    assert texts(layout.arrange(page)) == ["Invoice 7 of today", "Total 12.00"]


def test_labels_and_values_in_content_order_meet_on_their_lines():
    labels = [words(label, 10, 20 * n) for n, label in enumerate(["Number", "Date", "Due"])]
    values = [words(value, 200, 20 * n + 1) for n, value in enumerate(["17", "2026-01-02", "2026-02-03"])]
    page = [word for part in labels + values for word in part]
    assert texts(layout.arrange(page)) == ["Number 17", "Date 2026-01-02", "Due 2026-02-03"]


def test_slanted_lines_hold():
    lines = ["one two three four five six seven eight"[: 30 + n] for n in range(8)]
    page = [word for n, line in enumerate(lines) for word in words(line, 0, 14 * n, slope=math.tan(math.radians(6)))]
    assert texts(layout.arrange(page)) == [line.strip() for line in lines]


def test_tables_are_read_row_by_row():
    rows = [["Rusty nails", "2", "1.00"], ["Brass screws", "5", "2.50"]] * 5
    page = [
        word
        for n, row in enumerate(rows)
        for x, cell in zip((0, 150, 200), row, strict=True)
        for word in words(cell, x, 15 * n)
    ]
    assert texts(layout.arrange(page)) == [" ".join(row) for row in rows]


def column(name, lines=8):
    return [f"{name} line {n} is long enough to be prose" for n in range(lines)]


def two_columns(left, right, top=0):
    return [
        word
        for n, pair in enumerate(zip(left, right, strict=True))
        for x, text in zip((0, 300), pair, strict=True)
        for word in words(text, x, top + 15 * n)
    ]


def test_columns_of_prose_are_read_one_after_the_other():
    left, right = column("left"), column("right")
    title = words("A title that spans both of the columns, as titles like to do in such papers", 50, 0)
    ending = words("A footer that also spans both of the columns and their gutter, from side to side", 50, 300)
    expected = [" ".join(word.text for word in title), *left, *right, " ".join(word.text for word in ending)]
    assert texts(layout.arrange(title + two_columns(left, right, top=30) + ending)) == expected


def test_a_short_last_line_stays_with_its_column():
    left, right = column("left"), column("right")
    page = two_columns(left, right) + words("the end.", 0, 15 * 8)
    assert texts(layout.arrange(page)) == [*left, "the end.", *right]


def test_few_pairs_of_long_cells_are_no_columns():
    left, right = column("left", 3), column("right", 3)
    expected = [f"{one} {other}" for one, other in zip(left, right, strict=True)]
    assert texts(layout.arrange(two_columns(left, right))) == expected


def test_overlapping_columns_are_left_alone():
    rows = [
        words(column("left")[n], 40 * n, 15 * n) + words(column("right")[n], 40 * n + 260, 15 * n) for n in range(8)
    ]
    assert len(layout.arrange([word for row in rows for word in row])) == 8


def test_the_order_of_the_runs_does_not_matter():
    runs = [words(f"line {n}", 0, 20 * n) for n in range(9)] + [words(f"value {n}", 200, 20 * n) for n in range(9)]
    random.shuffle(runs)
    expected = [f"line {n} value {n}" for n in range(9)]
    assert texts(layout.arrange([word for run in runs for word in run])) == expected


def test_a_tall_word_joins_one_line_only():
    page = [Word("LOGO", 0, 0, 60, 40), *words("first", 100, 2), *words("second", 100, 15), *words("third", 100, 28)]
    lines = texts(layout.arrange(page))
    assert [line.removeprefix("LOGO ") for line in lines] == ["first", "second", "third"]
    assert sum("LOGO" in line for line in lines) == 1


def test_runs_part_at_wide_gaps():
    line = words("Total", 0, 0) + words("due now", 60, 0)
    assert texts(layout.runs(line)) == ["Total", "due now"]


def test_an_empty_page_has_no_lines():
    assert layout.arrange([]) == []
