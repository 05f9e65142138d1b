"""Measuring layout: Markdown against Markdown, and a folder of documents."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from analysis.evaluation.layout import measure
from analysis.evaluation.markup import (
    Overlap,
    compare_alike,
    compare_headings,
    compare_tables,
    headings_of,
    order_similarity,
    tables_of,
    words_of,
)

TABLE = [["Article", "Pieces"], ["Nails", "7"], ["Hooks", ""]]
MARKDOWN = (
    "# Stock\n\nWhat *we* have: a-\n\n| Article | Pieces |\n| --- | --- |\n| Nails | 7 |\n| Hooks |  |\n\nThe end"
)


def test_what_markdown_holds():
    assert tables_of(MARKDOWN) == [TABLE]
    assert headings_of(MARKDOWN) == ["Stock"]
    assert words_of(MARKDOWN) == [
        "stock",
        "what",
        "we",
        "have:",
        "a-",
        "article",
        "pieces",
        "nails",
        "7",
        "hooks",
        "the",
        "end",
    ]


def test_tables_next_to_each_other_and_escaped_pipes():
    assert tables_of("| a\\|b | c |\n\n| d |\n") == [[["a\\|b", "c"]], [["d"]]]


def test_equal_tables():
    assert compare_tables([TABLE], [TABLE], all_given=True) == Overlap(5, 5, 5)


def test_case_blanks_and_emphasis_do_not_count():
    assert compare_tables([TABLE], [[["ARTICLE", "Pie ces"], ["**Nails**", "7"], ["Hooks"]]], all_given=True).f1 == 1


def test_a_cell_in_another_row_is_wrong():
    found = [["Article", "Pieces"], ["Nails", ""], ["Hooks", "7"]]
    assert compare_tables([TABLE], [found], all_given=True) == Overlap(4, 5, 5)


def test_cells_in_another_order_are_wrong():
    assert compare_tables([TABLE], [[row[::-1] for row in TABLE]], all_given=True) == Overlap(3, 5, 5)


@pytest.mark.parametrize(("all_given", "found"), [(True, 7), (False, 5)])
def test_tables_that_nobody_asked_for(all_given, found):
    assert compare_tables([TABLE], [[["x"], ["y"]], TABLE], all_given=all_given) == Overlap(5, found, 5)


def test_a_missed_table():
    assert compare_tables([TABLE], [], all_given=True) == Overlap(0, 0, 5)


def test_headings_are_counted():
    assert compare_headings(["One", "Two", "Two"], ["two", "Three"]) == Overlap(1, 2, 3)


def test_order_is_that_of_shared_words():
    assert order_similarity(["a", "b", "c", "d"], ["a", "x", "b", "c"]) == (1.0, 0.75)
    order, share = order_similarity(["a", "b", "c", "d"], ["c", "d", "a", "b"])
    assert (order, share) == (0.5, 1.0)
    assert order_similarity([], ["a"])[1] == 1.0


def test_only_what_is_given_is_measured():
    found = measure({"tables": [{"cells": TABLE}]}, MARKDOWN)
    assert (found.cells.f1, found.headings.asked, found.orders) == (1, 0, [])
    found = measure({"headings": [{"text": "Stock"}], "markdown": MARKDOWN}, MARKDOWN)
    assert (found.cells.asked, found.headings.f1, found.orders, found.shares) == (0, 1, [1.0], [1.0])


def folder(tmp_path):
    (tmp_path / "stock.md").write_text(MARKDOWN)
    (tmp_path / "stock.txt").write_text(MARKDOWN)
    (tmp_path / "broken.docx").write_bytes(b"PK\x03\x04 is no archive")
    for id in ("stock", "broken"):
        truth = {"id": id, "tables": [{"cells": TABLE}], "headings": [{"text": "Stock"}], "markdown": MARKDOWN}
        (tmp_path / f"{id}.json").write_text(json.dumps(truth))
    return str(tmp_path)


def test_a_folder_as_json(tmp_path):
    output = StringIO()
    call_command("evaluate", "layout", folder(tmp_path), "--json", "--only", "stock", stdout=output)
    report = json.loads(output.getvalue())
    assert report["formats"]["txt"]["cells"] == {"right": 5, "found": 5, "asked": 5, "f1": 1.0}
    assert report["formats"]["txt"]["order"] == 1.0
    assert report["formats"]["all"] == report["formats"]["txt"]
    assert report["errors"] == {}
    pages = report["pages"]["stock"]
    assert (pages["pages"], pages["read"], pages["failed"]) == (1, 1, 0)
    assert pages["words"] > 10
    assert pages["peak_mb"] > 10  # a parser has started


def test_bookmarks_may_be_worded_otherwise():
    found = ["2. Bilge pumps", "Valves (Continued)", "Nails"]
    assert compare_alike(["Bilge Pumps", "1.3 Valves continued", "Hooks"], found) == Overlap(2, 3, 3)
    assert compare_alike(["Pumps", "Pumps"], ["Pumps"]) == Overlap(1, 1, 2)
    truth = {"headings": [{"text": "Stock of 2026"}], "headings_from": "bookmarks of the PDF"}
    assert measure(truth, "# Stock of 2026.").headings.right == 1
    assert measure({"headings": truth["headings"]}, "# Stock of 2026.").headings.right == 0


def test_a_folder_as_tables(tmp_path):
    output = StringIO()
    call_command("evaluate", "layout", folder(tmp_path), stdout=output)
    assert "Layout" in output.getvalue()
    assert "peak MB" in output.getvalue()
    assert "broken could not be read" in output.getvalue()
