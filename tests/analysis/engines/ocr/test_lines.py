"""Lines for the recogniser: few widths, squeezed rather than padded; and words where their columns are."""

import numpy as np
import pytest

from analysis.engines.ocr import lines


def crop(height, width, value=255):
    return np.full((height, width, 3), value, np.uint8)


def test_widths_are_few_and_each_a_little_more_than_the_last():
    assert (lines.WIDTHS[0], lines.WIDTHS[-1]) == (64, 2_880)
    assert len(lines.WIDTHS) < 35
    steps = [after / before for before, after in zip(lines.WIDTHS, lines.WIDTHS[1:], strict=False)]
    assert all(1 < step < 1.21 for step in steps)


@pytest.mark.parametrize("width", [64, 70, 200, 500, 1_111, 2_880])
def test_lines_are_squeezed_a_little_and_never_stretched_or_padded(width):
    shown, used = lines.shown(crop(48, width))
    assert shown == used <= width < 1.21 * used


def test_short_lines_are_padded_and_endless_ones_squeezed():
    assert lines.shown(crop(48, 10)) == (64, 10)
    assert lines.shown(crop(96, 21)) == (64, 11)
    assert lines.shown(crop(48, 9_000)) == (2_880, 2_880)


def test_small_print_is_shown_in_less_width():
    assert lines.shown(crop(16, 330))[0] < lines.shown(crop(48, 990))[0]


@pytest.mark.parametrize("height", [24, 48, 90])
def test_pixels_go_from_minus_one_to_one_and_padding_is_between(height):
    pixels, used = lines.recogniser_input(crop(height, height // 2))
    assert pixels.shape == (1, 3, 48, 64)
    assert (pixels.dtype, pixels.flags.c_contiguous) == (np.float32, True)
    assert np.allclose(pixels[..., :used], 1)
    assert not pixels[..., used:].any()
    dark, _ = lines.recogniser_input(crop(height, 4 * height, 0))
    assert np.allclose(dark, -1)


def test_lines_are_read_in_the_order_of_their_widths():
    assert lines.by_width([crop(48, 400), crop(48, 50), crop(20, 400), crop(48, 90)]) == [1, 3, 0, 2]


def test_a_single_letter_has_a_box():
    assert lines._half_character([[3]], 20) == 2
    assert lines._half_character([[1]], 2) == 1
