"""Tables with and without rules, and how they are written."""

from itertools import pairwise

import pytest

from analysis.reading import layout
from analysis.reading.aligned import aligned_tables
from analysis.reading.ruled import ruled_tables
from analysis.reading.tables import Cell, Table, cell_text, joined, table_markdown, trimmed
from documents.pages import Box
from tests.analysis.reading.test_layout import column, words

XS, PITCH = (0, 150, 220, 300), 20
ROWS = [["Article", "Pieces", "Price"], ["Rusty nails", "2", "1.00"], ["Brass screws", "5", "2.50"]]


def placed(rows, pitch=PITCH):
    return [
        word
        for n, row in enumerate(rows)
        for x, cell in zip(XS, row, strict=False)
        for word in words(cell, x + 4, n * pitch + 4)
    ]


def across(y, x0=XS[0], x1=XS[-1]):
    return Box(x0, y, x1, y + 0.5)


def down(x, y0=0, y1=3 * PITCH):
    return Box(x, y0, x + 0.5, y1)


def grid(rows=3):
    return [across(n * PITCH) for n in range(rows + 1)] + [down(x, y1=rows * PITCH) for x in XS]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def found(rows, **how):
    page = layout.in_lines(layout.runs(placed(rows, **how)))
    return [texts(table) for _, _, table in aligned_tables(page)]


def test_a_ruled_table():
    (table,) = ruled_tables(placed(ROWS), grid())
    assert texts(table) == ROWS
    assert table.rows[1][1].box == pytest.approx((150.25, 20.25, 220.25, 40.25))


def test_lines_in_pieces_and_open_sides():
    pieces = [across(n * PITCH, x0, x1) for n in range(4) for x0, x1 in pairwise(XS)]
    (table,) = ruled_tables(placed(ROWS), [*pieces, down(150), down(220)])
    assert texts(table) == ROWS


def test_a_cell_over_two_rows_has_its_text_in_the_first():
    rows = [["Article", "Pieces", "Price"], ["Nails", "2", "1.00"], ["", "5", "2.50"]]
    rules = [across(0), across(20), across(40, 150), across(60), *(down(x) for x in XS)]
    (table,) = ruled_tables(placed(rows), rules)
    assert texts(table) == rows


def test_text_that_runs_over_columns_without_a_line_is_one_cell():
    title = words("A title that goes over all of the columns", 4, 4)
    rules = [*(across(n * PITCH) for n in range(4)), down(0), down(300), down(150, 20), down(220, 20)]
    (table,) = ruled_tables(title + placed([["", "", ""], *ROWS[1:]]), rules)
    assert texts(table)[0] == ["A title that goes over all of the columns", "", ""]
    assert texts(table)[1:] == ROWS[1:]


def test_columns_without_lines_between_them_stay_apart():
    rules = [*(across(n * PITCH) for n in range(4)), down(0), down(300), down(150, 0, 20), down(220, 0, 20)]
    (table,) = ruled_tables(placed(ROWS), rules)
    assert texts(table) == ROWS


def test_rows_of_figures_without_lines_between_them_stay_apart():
    rows = [*ROWS, ["Hooks", "7", "3.10"], ["Eyes", "", "0.10"], ["Bolts", "9", "4.00"]]
    rules = [across(0), across(20), across(120), *(down(x, 0, 120) for x in XS)]
    (table,) = ruled_tables(placed(rows), rules)
    assert texts(table) == rows


def test_text_over_several_lines_is_one_cell():
    rows = [["Article", "Remark"], ["Nails", "of rusty"], ["", "iron from"], ["", "the yard"]]
    rules = [across(0), across(20), across(80), down(0, 0, 80), down(150, 0, 80), down(300, 0, 80)]
    (table,) = ruled_tables(placed(rows), rules)
    assert texts(table) == [["Article", "Remark"], ["Nails", "of rusty iron from the yard"]]


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [across(0), across(60)],
        [across(0), across(60), down(0), down(300)],
        [across(500), down(500, 500, 900), across(900, 500, 900)],
        [across(n / 10) for n in range(4_000)] + [down(0)],
    ],
    ids=["none", "no vertical ones", "a frame", "far away", "a drawing"],
)
def test_no_table(rules):
    assert ruled_tables(placed(ROWS), rules) == []


def test_a_chart_with_few_words_is_no_table():
    rules = [across(n * 10) for n in range(20)] + [down(x * 10, 0, 190) for x in range(20)]
    assert ruled_tables(words("70", 2, 2) + words("60", 2, 52), rules) == []


def test_columns_set_apart_by_white_space():
    assert found(ROWS) == [ROWS]


def test_wrapped_text_goes_on_in_its_row():
    rows = [*ROWS, ["Hooks", "of much use", "3.10"], ["", "at sea", ""], ["Eyes", "7", "0.10"]]
    expected = [*ROWS, ["Hooks", "of much use at sea", "3.10"], ["Eyes", "7", "0.10"]]
    assert found(rows, pitch=14) == [expected]


def test_a_first_cell_that_goes_on_in_lower_case():
    rows = [*ROWS, ["Hooks for", "1", "3.10"], ["the boat", "", ""], ["Eyes", "7", "0.10"]]
    assert found(rows, pitch=14) == [[*ROWS, ["Hooks for the boat", "1", "3.10"], ["Eyes", "7", "0.10"]]]


def test_tables_far_from_each_other_are_two():
    page = placed(ROWS) + [word._replace(y0=word.y0 + 200, y1=word.y1 + 200) for word in placed(ROWS)]
    tables = aligned_tables(layout.in_lines(layout.runs(page)))
    assert [(start, end) for start, end, _ in tables] == [(0, 3), (3, 6)]


def test_what_stands_differently_above_a_table_is_left_out():
    text = "Order numbers and references of all of our own offices"
    head = [*words(text, 0, 0), *words("77", 290, 0), *words(text, 0, 14), *words("78", 290, 14)]
    page = head + [word._replace(y0=word.y0 + 40, y1=word.y1 + 40) for word in placed(ROWS)]
    assert ROWS in [texts(table) for _, _, table in aligned_tables(layout.in_lines(layout.runs(page)))]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        [["1.", "the first thing to do"], ["2.", "the second thing to do"], ["3.", "and the third"]],
        [["Contents ......", "2"], ["Preface ......", "4"], ["Index ......", "9"]],
    ],
    ids=["two rows", "a list", "leaders"],
)
def test_no_columns(rows):
    assert found(rows) == []


def test_prose_is_no_table():
    page = [word for n, text in enumerate(column("left")) for word in words(text, 0, 15 * n)]
    assert aligned_tables(layout.in_lines(layout.runs(page))) == []


def test_markdown_of_rows():
    assert table_markdown([["a|b", "c"], ["d"]]) == "| a\\|b | c |\n| --- | --- |\n| d |  |"
    assert table_markdown([]) == ""


def test_tables_of_right_to_left_scripts_begin_on_the_right():
    row = tuple(Cell(text, Box(0, 0, 1, 1)) for text in ("12", "تاريخ"))
    assert Table(Box(0, 0, 1, 1), (row, row)).markdown.startswith("| تاريخ | 12 |")


def test_empty_rows_and_columns_go():
    rows = (("a", "", "b"), ("", "", ""), ("c", "", ""))
    table = Table(Box(0, 0, 1, 1), tuple(tuple(Cell(text, Box(0, 0, 1, 1)) for text in row) for row in rows))
    assert texts(trimmed(table)) == [["a", "b"], ["c", ""]]
    assert trimmed(Table(table.box, table.rows[:2])) is None


@pytest.mark.parametrize(
    ("one", "other", "whole"),
    [
        ("", "a", "a"),
        ("a", "b", "a b"),
        ("fore-", "most", "foremost"),
        ("Jean-", "Luc", "Jean- Luc"),
        ("9-", "to", "9- to"),
        ("-", "to", "- to"),
    ],
)
def test_lines_are_joined(one, other, whole):
    assert joined(one, other) == whole


def test_cells_are_read_line_by_line():
    assert cell_text(words("of much", 0, 0) + words("use", 0, 12)) == "of much use"
    assert cell_text([]) == ""
