import pytest

from analysis.evaluation.scores import LineTally, Scores, Tally


def test_measures():
    tally = Tally(right=6, wrong=2, missed=4)
    assert (tally.precision, tally.recall) == (0.75, 0.5)
    assert tally.f1 == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))


def test_superfluous_lines_cost_precision_only():
    tally = LineTally(right=6, wrong=2, missed=4, superfluous=4)
    assert (tally.precision, tally.recall) == (0.5, 0.5)
    assert tally.f1 == pytest.approx(0.5)
    assert tally.as_dict()["superfluous"] == 4


def test_nothing_asked_is_no_division_by_zero():
    assert Tally().f1 == Scores().mean_f1 == 0.0


def test_documents_add_up_and_only_fields_count_in_the_means():
    scores = Scores()
    for right in (1, 0):
        scores.add(
            {"total": Tally(right=right, wrong=1 - right), "date": Tally(right=1), "line_items": LineTally(missed=3)}
        )
    scores.add({"document_type": Tally(wrong=1)})
    assert scores.documents == 3
    assert scores.fields["line_items"].missed == 6
    assert scores.mean_f1 == pytest.approx((0.5 + 1) / 2)
    assert (scores.overall.right, scores.overall.wrong) == (3, 1)
    assert scores.as_dict()["fields"]["total"]["f1"] == 0.5
