import pytest

from analysis.rules.layout import rows_of
from analysis.rules.skew import slope_of
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

SLIP = """
2 x Coffee                                 7.00
1 x Apple pie                              4.50
3 x Water                                  6.00
1 x Soup of the day                        5.25
1 x Bread                                  1.00
Total                                     23.75
"""


def leaning(drawing, slope):
    """The page as a photograph that leans: each word lower by `slope` times its place across the page."""
    level = page(drawing, source="ocr")
    words = tuple(
        w._replace(y0=w.y0 + slope * (w.x0 + w.x1) / 2, y1=w.y1 + slope * (w.x0 + w.x1) / 2) for w in level.words
    )
    return PageReading(1, 595, 842, 0, "ocr", words)


@pytest.mark.parametrize("slope", [-0.12, -0.05, 0.0, 0.05, 0.12])
def test_prices_far_right_stay_in_the_rows_of_what_they_are_for(slope):
    photo = leaning(SLIP, slope)
    assert slope_of(photo.words) == pytest.approx(slope, abs=0.012)
    rows = [row.text.split("\t") for row in rows_of([photo])]
    assert [(row[0], row[-1]) for row in rows][:3] == [
        ("2 x Coffee", "7.00"),
        ("1 x Apple pie", "4.50"),
        ("3 x Water", "6.00"),
    ]
    assert len(rows) == 6


def test_boxes_are_those_of_the_photograph():
    photo = leaning(SLIP, 0.12)
    words = {word for row in rows_of([photo]) for word in row.words}
    assert words == set(photo.words)


def test_text_that_was_not_photographed_is_level():
    words = leaning(SLIP, 0.12).words
    assert len(rows_of([PageReading(1, 595, 842, 0, "text", words)])) > 6


def test_few_words_and_words_without_height_say_nothing():
    assert slope_of(leaning("Total   1.00", 0.2).words) == 0.0
    assert slope_of([w._replace(y1=w.y0) for w in leaning(SLIP, 0.1).words]) == 0.0


def test_words_that_stand_alone_say_nothing():
    assert slope_of(page("\n".join("x" * 9), source="ocr").words) == 0.0
