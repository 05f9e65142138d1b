from dataclasses import replace

import pytest

from analysis import learned
from analysis.learned import training
from analysis.learned.candidates import kind_of
from analysis.learned.training import FEWEST, Prepared, fold_of
from tests.analysis.learned.till import receipts


def test_same_examples_same_model_in_any_order(model):
    told = []
    again = learned.train(receipts(24)[::-1], progress=told.append)
    assert again.name == model.name
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_other_examples_other_model(model):
    assert learned.train(receipts(24, start=1)).name != model.name


def test_too_few_examples_teach_nothing():
    assert learned.train(receipts(FEWEST - 1)).parts == {}


def test_what_rules_read_better_is_left_to_them():
    """Truths that have nothing to do with the page can't be learned."""
    wrong = [replace(e, fields={"date": e.fields["date"], "total": "999999.99"}) for e in receipts(16)]
    assert set(learned.train(wrong).parts["receipt"].fields) == {"date"}


def test_of_few_examples_too_few_are_left_to_judge_by():
    assert learned.train(receipts(FEWEST + 1)).parts == {}


def test_where_they_never_differed_the_rules_are_preferred_until_there_are_many():
    outcomes = [(found := one.document.rules.fields["date"], found, one) for one in map(Prepared.of, receipts(24))]
    few, many = training._rivalry("date", outcomes), training._rivalry("date", outcomes * 2)
    assert few.rules > few.own
    assert many.own > many.rules


def test_what_the_model_reads_better_is_preferred(model):
    """The rules don't know the word beside the total; the model was right wherever they differed."""
    total = model.parts["receipt"].fields["total"].rivalry
    assert total.own > 0.8 > 0.2 > total.rules


def test_issuers_are_not_split():
    assert fold_of("shop", 5) == fold_of("shop", 5)
    assert {fold_of(f"shop-{n}", 5) for n in range(50)} == set(range(5))


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("buyer_address", ["x"], "address"),
        ("start", ["2020-01-31"], "date"),
        ("invoice_number", ["12"], "number"),
        ("premium", ["12.50", "-3"], "amount"),
        ("plate", ["B-XY12"], "number"),
        ("driver", ["Jo Roe", "B12"], "text"),
    ],
)
def test_kinds_follow_from_values(name, values, kind):
    assert kind_of(name, values) == kind
