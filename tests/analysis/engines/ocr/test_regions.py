"""What the detector is shown, the regions that its scores hold, and how they are cut out."""

import cv2
import numpy as np
import pytest

from analysis.engines.ocr import regions


def scores(*filled, shape=(160, 320)):
    found = np.zeros(shape, np.float32)
    for x0, y0, x1, y1, score in filled:
        found[y0:y1, x0:x1] = score
    return found


def boxes(quads):
    return [(*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist()) for quad in quads]


@pytest.mark.parametrize(
    ("shape", "longest", "seen"),
    [
        ((1000, 754), 960, (960, 736)),
        ((400, 300), 960, (384, 288)),
        ((3000, 40), 960, (960, 32)),
        ((10, 10), 960, (32, 32)),
    ],
)
def test_the_detector_sees_sides_that_it_can_halve_five_times(shape, longest, seen):
    given = regions.detector_input(np.full((*shape, 3), 255, np.uint8), longest)
    assert given.shape == (1, 3, *seen)
    assert np.allclose(given, 1)


def test_lone_characters_need_less_certainty_than_lines():
    found = regions.regions(
        scores(
            (20, 20, 28, 32, 0.4),  # a digit in a column of quantities
            (60, 20, 200, 32, 0.4),  # a stain
            (60, 60, 200, 72, 0.9),
            (20, 100, 28, 112, 0.25),
        ),
        (160, 320),
    )
    assert [tuple(quad.min(axis=0) // 20) for quad in found] == [(0, 0), (2, 2)]


def test_nothing_is_found_in_nothing_and_specks_are_nothing():
    assert regions.regions(scores(), (160, 320)) == []
    assert regions.regions(scores((20, 20, 21, 21, 1), (100, 20, 140, 22, 1)), (160, 320)) == []


def test_regions_grow_to_whole_letters_in_the_images_pixels_and_stay_in_it():
    inner, corner = regions.regions(scores((100, 100, 200, 110, 1), (0, 0, 60, 10, 1)), (320, 640))[::-1]
    grown = 1.4 * 100 * 10 / (2 * 110)  # on each side, in the scores' pixels
    assert boxes([inner])[0] == pytest.approx(
        (200 - 2 * grown, 200 - 2 * grown, 400 + 2 * grown, 220 + 2 * grown), abs=2
    )
    assert boxes([corner])[0][:2] == (0, 0)


def test_regions_come_row_by_row_from_the_left():
    found = regions.regions(
        scores((200, 24, 300, 34, 1), (20, 20, 120, 30, 1), (20, 80, 120, 90, 1), (150, 60, 250, 70, 1)), (160, 320)
    )
    assert [box[0] // 50 for box in boxes(found)] == [0, 3, 2, 0]


def test_corners_go_clockwise_from_the_top_left_on_slanted_lines_too():
    slanted = np.zeros((200, 300), np.float32)
    cv2.fillPoly(slanted, [np.array([[20, 60], [260, 20], [262, 32], [22, 72]])], 1)
    (quad,) = regions.regions(slanted, (200, 300))
    assert quad[0, 0] < quad[1, 0]
    assert quad[3, 0] < quad[2, 0]
    assert quad[0, 1] < quad[3, 1]
    assert quad[1, 1] < quad[2, 1]
    assert quad[1, 1] < quad[0, 1]


def test_level_regions_are_cut_out_as_they_are_and_slanted_ones_straightened():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 50:150] = 200
    level = np.array([[50, 40], [150, 40], [150, 60], [50, 60]], np.float32)
    assert (regions.cut_out(image, level) == 200).all()
    assert regions.cut_out(image, level).shape == (20, 100, 3)
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D((100, 50), -10, 1), (200, 100))
    corners = cv2.transform(level[None], cv2.getRotationMatrix2D((100, 50), -10, 1))[0].astype(np.float32)
    assert regions.cut_out(turned, corners).mean() > 180


def test_upended_regions_are_turned_to_the_left():
    image = np.zeros((200, 100, 3), np.uint8)
    image[10:60, 40:60] = 255  # the upper end …
    quad = np.array([[40, 10], [60, 10], [60, 110], [40, 110]], np.float32)
    crop = regions.cut_out(image, quad)
    assert crop.shape == (20, 100, 3)
    assert crop[:, :50].all()  # … comes first
    assert not crop[:, 50:].any()
    assert crop.flags.c_contiguous
    assert regions.is_upended(quad)
    assert not regions.is_upended(np.roll(quad, 1, axis=0))
