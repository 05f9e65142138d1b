"""Faint pages are spread to the whole range; others, and pages without ink, stay as they are."""

import numpy as np
import pytest

from analysis.reading import ocr
from tests.analysis.reading.test_reading import receipt


def faint(paper, ink):
    page = np.asarray(receipt()).astype(float) / 255
    return (ink + page * (paper - ink)).astype(np.uint8)


@pytest.mark.parametrize(("paper", "ink"), [(255, 220), (60, 10)])
def test_faint_and_dark_pages_are_spread(paper, ink):
    spread = ocr.contrasted(faint(paper, ink))
    assert (spread.min(), spread.max()) == (0, 255)


@pytest.mark.parametrize("image", [np.asarray(receipt()), faint(200, 40), np.full((50, 50, 3), 255, np.uint8)])
def test_others_are_left_alone(image):
    assert ocr.contrasted(image) is image
