"""Texts of one length together."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.engines.batching import by_length


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 30))
def test_each_text_is_in_one_batch_of_its_length_and_none_is_too_large(lengths, at_once):
    batches = list(by_length(lengths, at_once))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[place] for place in batch}) == 1
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= at_once
