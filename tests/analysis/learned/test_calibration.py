import random

import pytest

from analysis.learned.calibration import Calibrator


def test_overconfident_scores_come_down():
    rng = random.Random(1)
    scores = [0.9] * 500 + [0.1] * 500
    right = [rng.random() < 0.7 for _ in range(500)] + [rng.random() < 0.3 for _ in range(500)]
    calibrator = Calibrator.fit(scores, right)
    assert calibrator(0.9) == pytest.approx(0.7, abs=0.06)
    assert calibrator(0.1) == pytest.approx(0.3, abs=0.06)


def test_few_documents_make_no_certainty():
    assert Calibrator.fit([0.99] * 10, [True] * 10)(0.99) < 0.99


def test_scores_that_mean_nothing_give_the_share_of_right_ones():
    calibrator = Calibrator.fit([0.9] * 10 + [0.1] * 10, [False] * 10 + [True] * 10)
    assert calibrator(0.9) == calibrator(0.1) == pytest.approx(0.5)


def test_without_documents_scores_stay():
    assert Calibrator.fit([], [])(0.8) == pytest.approx(0.8)
