"""Questions in another language, for which the best passages are read; by the model that ships."""

import uuid

import pytest

from analysis.answers import states
from analysis.engines import embedding
from analysis.engines.embedding.e5 import E5
from analysis.search import questions, retrieval, tokenwise
from analysis.search.hits import Hit
from documents import tenancy
from tests.analysis.search.conftest import Bag, keep

TEXTS = [
    "The warranty of the pump lasts for two years. It is from Graz.",
    "The pump weighs forty kilograms. Its hose is three metres long.",
    "The pump is to be cleaned each week. Use warm water for the filter.",
]
QUESTION = "كم يبلغ وزن المضخة؟"  # what the pump weighs


@pytest.fixture(scope="module")
def shipped():
    return E5()


@pytest.fixture
def model(monkeypatch, shipped):
    monkeypatch.setattr(embedding, "named", lambda name: shipped if name == shipped.name else None)
    questions.forget()
    states.forget()
    yield shipped
    questions.forget()
    states.forget()


def hits(texts=TEXTS):
    return [Hit(uuid.uuid4(), uuid.uuid4(), "a.pdf", "text", "", 1, text, [], 0.5, 0.0, 0.8) for text in texts]


def test_the_passage_whose_words_are_nearest_gains_most(model):
    gained = tokenwise.gains(QUESTION, model.name, hits())
    assert max(gained) == gained[1] > 0.02
    assert min(gained) == 0


def test_nothing_is_gained_in_the_passages_own_language_or_by_another_embedder(model, monkeypatch):
    assert tokenwise.gains("How heavy is the pump?", model.name, hits()) == [0, 0, 0]
    assert tokenwise.gains(QUESTION, model.name, []) == []
    monkeypatch.setattr(embedding, "named", lambda name: Bag())
    assert tokenwise.gains(QUESTION, "bag-1", hits()) == [0, 0, 0]


def test_a_passage_without_sentences_is_read_as_a_whole(model):
    assert tokenwise.gains(QUESTION, model.name, hits(["…", TEXTS[1]]))[1] >= 0


@pytest.mark.django_db
def test_the_order_goes_by_what_was_read(anna, model, monkeypatch):
    keep(anna, TEXTS, embedder=model)
    read = []
    monkeypatch.setattr(tokenwise, "gains", lambda question, name, found: read.append(found) or [0.5, 0.0, 0.0])
    with tenancy.as_user(anna.user):
        found = retrieval.search(QUESTION, limit=2)
        [texts] = [[hit.text for hit in one] for one in read]
        assert found.hits[0].text == texts[0]
        assert sorted(texts) == sorted(TEXTS)
        assert found.hits[0].dense < 1  # the cosine stays what it was
        retrieval.search("How many kilograms does the pump weigh?")
    assert len(read) == 1
    assert found.timings["tokens"] > 0
