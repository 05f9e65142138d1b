"""A question's vector, and what is left of it without its language; by the model that ships."""

import numpy as np
import pytest

from analysis.engines.embedding import e5_files, tokens
from analysis.engines.embedding.e5 import E5
from analysis.search import questions, words

CHINESE, ENGLISH, OTHER = "公司总部在哪里？", "Where is the company's main office?", "How long does the warranty last?"


@pytest.fixture(scope="module")
def model():
    return E5()


@pytest.fixture(autouse=True)
def embedder(monkeypatch, model):
    from analysis.engines import embedding

    questions.forget()
    monkeypatch.setattr(embedding, "named", lambda name: model if name == model.name else None)
    yield model
    questions.forget()


def test_a_foreign_question_is_known_by_its_own_tokens(model):
    [whole] = model.queries([CHINESE])
    [state] = model.query_states([CHINESE])
    moved = questions.towards_meaning(model.name, CHINESE, whole, 0.49)
    assert np.isclose(np.linalg.norm(moved), 1, atol=1e-5)
    assert moved @ state[-1, 4:-1].mean(axis=0) != pytest.approx(whole @ state[-1, 4:-1].mean(axis=0))
    assert len(tokens.tokenizer().encode("query: ")) == questions.OWN.start - 1  # and the beginning


def test_without_its_language_a_question_is_nearer_to_what_it_means(model):
    chinese, english, other = model.queries([CHINESE, ENGLISH, OTHER])
    moved = questions.towards_meaning(model.name, CHINESE, chinese, 0.0)
    assert moved @ english - moved @ other > chinese @ english - chinese @ other > 0


def test_the_more_words_are_known_the_less_is_taken_out(model):
    [vector] = model.queries([CHINESE])
    direction = questions.language("zh")
    likeness = [questions.towards_meaning(model.name, CHINESE, vector, known) @ direction for known in (0, 0.4, 1)]
    assert likeness[0] < likeness[1] < likeness[2]
    assert questions.towards_meaning(model.name, CHINESE, vector, 0.5) is vector


def test_vectors_of_others_stay(model):
    [vector] = model.queries([CHINESE])
    assert questions.towards_meaning("bag-1", CHINESE, vector, 0.0) is vector
    assert model.name == e5_files.NAME


def test_there_are_questions_in_every_language_that_is_recognised():
    everyday = questions._everyday()
    assert set(everyday) == {*words.STEMMERS, "ja", "ko", "zh"}
    assert {len(asked) for asked in everyday.values()} == {12}
    told = [words.language_of(" ".join(asked)) == code for code, asked in everyday.items()]
    assert sum(told) >= len(everyday) - 1  # Danish and Norwegian are much the same
