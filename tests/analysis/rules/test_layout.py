import pytest

from analysis.rules.layout import rows_of
from documents.pages import Box, PageReading, Word
from tests.analysis.rules.drawing import page


def test_words_on_a_line_are_a_row_and_wide_gaps_are_columns():
    (row,) = rows_of([page("Invoice number:     RE 17")])
    assert row.text == "Invoice number:\tRE 17"
    assert [segment.text for segment in row.segments()] == ["Invoice number:", "RE 17"]


def test_skewed_words_stay_in_their_row():
    words = [Word(str(i), 40 * i, 100 + 3 * i, 40 * i + 30, 112 + 3 * i) for i in range(5)]
    assert [row.text.split() for row in rows_of([PageReading(1, 600, 800, words=tuple(words))])] == [list("01234")]


def test_span_is_traced_to_its_part_of_a_word():
    (row,) = rows_of([page("Total RM60.30")])
    assert row.span_box(8, 13) == Box(48, 0, 78, 11)
    assert [w.text for w in row.span_words(6, 13)] == ["RM60.30"]


def test_confidence_is_that_of_the_worst_word_with_letters():
    words = (Word("Total", 0, 0, 30, 11, 0.9), Word("·", 34, 0, 38, 11, 0.1), Word("5.00", 42, 0, 66, 11, 0.8))
    (row,) = rows_of([PageReading(1, 600, 800, words=words)])
    assert row.span_confidence(0, len(row.text)) == pytest.approx(0.8)
    assert row.span_confidence(6, 7) == pytest.approx(0.1)


def test_label_and_value_in_one_word_are_parted():
    (row,) = rows_of([page("Date:18/01/2018  at 12:30  http://x.example")])
    assert [w.text for w in row.words] == ["Date:", "18/01/2018", "at", "12:30", "http://x.example"]


def test_text_along_the_margin_is_left_out():
    margin = Word("Copyright", 2, 100, 10, 180)
    rows = rows_of([PageReading(1, 600, 800, words=(margin, Word("Total", 50, 130, 80, 141)))])
    assert [row.text for row in rows] == ["Total"]


def test_markdown_table_has_columns_but_no_boxes():
    markdown = "# Invoice\n\n| Item | Total |\n| --- | --- |\n| Cable | 5.00 |"
    rows = rows_of([PageReading(1, source="markup", markdown=markdown)])
    assert [row.text for row in rows] == ["Invoice", "Item\tTotal", "Cable\t5.00"]
    assert not rows[0].boxed


def test_cells_of_a_markdown_table_stand_below_their_titles():
    markdown = "| Item | Qty | Amount |\n| --- | --- | --- |\n| Cable, very long | 10 | 80.00 |\n| Ink | 2 | 130.00 |"
    rows = rows_of([PageReading(1, source="markup", markdown=markdown)])
    assert len({row.words[-1].x0 for row in rows}) == 1


def test_an_endless_cell_widens_no_other_row():
    markdown = f"| Item | Amount |\n| --- | --- |\n| {'long ' * 10_000}| 80.00 |\n| Ink | 130.00 |"
    *_, last = rows_of([PageReading(1, source="markup", markdown=markdown)])
    assert last.text.split() == ["Ink", "130.00"]
    assert last.words[-1].x0 < 300


def test_endless_lines_are_cut_into_rows():
    markdown = "word " * 450
    assert [len(row.words) for row in rows_of([PageReading(1, source="markup", markdown=markdown)])] == [200, 200, 50]
