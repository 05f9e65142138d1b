"""Sentences: cut the same each time, and the nearest counts for its passage."""

import numpy as np
import pytest

from analysis.models import Chunk
from analysis.search import candidates, retrieval, vectors
from analysis.search.windows import MOST, windows
from documents import tenancy
from tests.analysis.search.conftest import DIMENSIONS, Bag, keep

LONG = (
    "The house was built in the year of the great flood by a merchant from the coast who traded in spices and silk. "
    "Its garden goes down to the river. "
    "The key of the boiler room hangs behind the door of the kitchen on a nail that is painted red, as it always was. "
    "Guests are asked to leave their boots at the entrance, where a bench and a row of slippers wait for them."
)


def test_windows_hold_all_words_and_short_sentences_go_together():
    found = [LONG[start:end] for start, end in windows(LONG)]
    assert " ".join(found) == LONG
    assert len(found) == 4
    assert [" ".join(text.split()[:2]) for text in found] == ["The house", "Its garden", "The key", "Guests are"]
    short = "One is here. Two is there. Three is gone."
    assert windows(short) == [(0, len(short))]
    assert windows(" \n") == []


def test_a_table_has_a_window_for_its_rows_and_there_are_never_too_many():
    rows = [
        f"| part {number} of the machine | costs {number * 17} euros and comes within {number} weeks of the order |"
        for number in range(90)
    ]
    table = "\n".join(rows)
    found = windows(table, table=True)
    assert 1 < len(found) <= MOST
    assert "\n".join(table[start:end] for start, end in found) == table
    assert len(windows("\n".join(rows[:9]), table=True)) == 9


def test_signs_that_say_more_make_shorter_windows():
    text = "保険料は毎年の初めに前払いで支払われなければなりません。" * 4
    assert len(windows(text)) == 4


def test_rows_are_packed_and_unpacked():
    rows = np.random.default_rng(3).normal(size=(3, 5)).astype(np.float32)
    half = b"head" + rows[0].astype(">f2").tobytes()
    packed = vectors.pack(rows)
    columns = [["1", "2", "3"]] * 8
    row = half + half, [5, 5, 0], packed + packed[2:], [len(packed), len(packed) - 2, 0], [1, 2, 3], ["bag-1"] * 3
    found = candidates.of([*row, *columns])
    np.testing.assert_allclose(found[0].sentences, rows, atol=2e-3)
    np.testing.assert_allclose(found[0].whole, rows[0], atol=2e-3)
    assert [one.sentences.shape for one in found[1:]] == [(0, 5), (0, 0)]  # what is not of whole rows is no sentence
    assert candidates.of([None] * 14) == []


def test_without_the_setting_sentences_have_no_vectors(settings):
    settings.EMBED_SENTENCES = False
    [made] = vectors.make(Bag(), [vectors.text_of(LONG, LONG, "text")])
    assert made.sentences is None
    assert made.whole.shape == (DIMENSIONS,)
    assert vectors.make(Bag(), []) == []


def with_sentences(person, texts):
    keep(person, texts)
    with tenancy.as_user(person.user):
        for chunk in Chunk.objects.all():
            [made] = vectors.make(Bag(), [vectors.text_of(chunk.text, chunk.text, chunk.type)])
            Chunk.objects.filter(pk=chunk.pk).update(sentences=made.sentences)


@pytest.mark.django_db
def test_the_nearest_sentence_lifts_its_passage(anna, mallory):
    question = "key boiler room kitchen"
    other = "The key of the kitchen and the key of the room are with the owner. The boiler is new."
    keep(anna, [LONG, other])
    with tenancy.as_user(anna.user):
        before = {hit.text: hit for hit in retrieval.retrieve(question)}
    with_sentences(anna, [LONG, other])
    with tenancy.as_user(anna.user):
        after = {hit.text: hit for hit in retrieval.retrieve(question)}
    assert after[LONG].dense > before[LONG].dense
    with tenancy.as_user(mallory.user):
        assert retrieval.retrieve(question) == []
