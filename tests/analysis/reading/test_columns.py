"""The order of columns."""

from analysis.reading import columns, layout
from analysis.reading.tables import Cell, Table
from documents.pages import Box
from tests.analysis.reading.test_layout import column, two_columns, words

WIDE = "A line that goes over all of the columns of the page, as titles and notes at the foot like to do, and more"


def texts(flow):
    return [item.markdown if isinstance(item, Table) else " ".join(word.text for word in item) for item in flow]


def read(page, tables=()):
    return [texts(flow) for flow in columns.flows(layout.runs(page), tables)]


def test_three_columns():
    names = ["one", "two", "three"]
    page = [
        word
        for x, name in zip((0, 300, 600), names, strict=True)
        for n, text in enumerate(column(name))
        for word in words(text, x, 15 * n)
    ]
    assert read(page) == [column(name) for name in names]


def test_titles_and_notes_part_the_columns():
    page = words(WIDE, 0, 0) + two_columns(column("left"), column("right"), top=30) + words(WIDE, 0, 300)
    assert read(page) == [[WIDE], column("left"), column("right"), [WIDE]]


def test_headings_at_one_height_stay_with_their_columns():
    page = words("Left", 0, 0) + words("Right", 300, 0) + two_columns(column("left"), column("right"), top=30)
    assert read(page) == [["Left", *column("left")], ["Right", *column("right")]]


def test_labels_and_values_are_read_row_by_row():
    page = [word for n in range(8) for x, text in ((0, "Number"), (200, f"{n}")) for word in words(text, x, 15 * n)]
    assert read(page) == [[f"Number {n}" for n in range(8)]]


def test_a_table_takes_its_place_in_its_column():
    table = Table(Box(300, 60, 500, 90), ((Cell("a", Box(300, 60, 400, 90)), Cell("b", Box(400, 60, 500, 90))),))
    right = column("right")
    page = [word for n, text in enumerate(column("left")) for word in words(text, 0, 15 * n)]
    page += [word for n, text in enumerate(right) for word in words(text, 300, 15 * n + (45 if n > 3 else 0))]
    assert read(page, [table]) == [column("left"), [*right[:4], table.markdown, *right[4:]]]


def test_pages_of_very_many_pieces_are_read_line_by_line(monkeypatch):
    monkeypatch.setattr(columns, "MAX_UNITS", 10)
    left, right = column("left"), column("right")
    assert read(two_columns(left, right)) == [[f"{one} {other}" for one, other in zip(left, right, strict=True)]]


def test_an_empty_page():
    assert read([]) == []
