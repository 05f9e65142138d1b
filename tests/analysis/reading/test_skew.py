"""Pages that lean: the angle, and words that are read level and stand where they were."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from analysis.reading import ocr, skew
from analysis.reading.raster import Raster
from documents.pages import Word

ROWS = [("Copper pipe", "12.40"), ("Brass elbow", "3.15"), ("Hex bolts", "7.80"), ("Wall plugs", "2.95")] * 3


def leaning(degrees):
    return [
        Word(
            "word",
            x,
            y + x * np.tan(np.radians(degrees)),
            x + 40,
            y + 20 + x * np.tan(np.radians(degrees)),
            confidence=1,
        )
        for y in (0, 40, 80, 120)
        for x in (0, 50, 100, 150)
    ]


@pytest.mark.parametrize("degrees", [-12, 8, 20])
def test_the_angle_of_lines_that_lean(degrees):
    assert skew.angle(leaning(degrees)) == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize("degrees", [0, 3, -4, 40])
def test_what_hardly_leans_or_too_much_is_left(degrees):
    assert skew.angle(leaning(degrees)) == 0


def test_a_few_words_tell_nothing():
    assert skew.angle(leaning(10)[:4]) == skew.angle([]) == 0


@pytest.mark.parametrize("degrees", [-15, 10])
def test_words_go_back_to_where_they_stand(degrees):
    image = np.full((300, 500, 3), 255, np.uint8)
    image[140:150, 400:420] = 0
    level, back = skew.levelled(image, degrees)
    ys, xs = np.nonzero(level[:, :, 0] < 128)
    (word,) = skew.mapped([Word("x", xs.min(), ys.min(), xs.max(), ys.max(), 1)], back, image.shape)
    assert ((word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2) == pytest.approx((410, 145), abs=2)


def test_a_page_that_leans_is_read_row_by_row_and_its_boxes_are_the_page_s():
    picture = Image.new("L", (800, 900), 255)
    draw = ImageDraw.Draw(picture)
    for n, (text, price) in enumerate(ROWS):
        draw.text((100, 100 + 55 * n), text, 0, ImageFont.load_default(30))
        draw.text((560, 100 + 55 * n), price, 0, ImageFont.load_default(30))
    shot = picture.rotate(-12, fillcolor=255)
    page, _ = ocr.read_measured(Raster.of(shot, 800, 900), 1)
    assert [word.text for word in page.words] == [part for text, price in ROWS for part in (*text.split(), price)]
    first, price = page.words[0], page.words[2]
    assert price.y0 > first.y0 + 60  # as on the page as it was shot
    assert shot.crop(price.box).getextrema()[0] < 100
