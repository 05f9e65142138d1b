"""The shipped embedder against its own weights in full precision, and what callers rely on."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from analysis.engines.embedding import e5_files, tokens
from analysis.engines.embedding.e5 import E5
from analysis.engines.embedding.e5_weights import Weights
from tests.analysis.engines.embedding.reference import Reference

TEXTS = [
    "The invoice is due on 3 March.",
    "Die Rechnung ist am 3. März fällig.",
    "猫は牛乳が好きです。",
    "Kittens like milk.",
    "In no event shall the insurer be liable for losses that arise from wear and tear, deterioration, or vermin.",
    "Total 1,234.50 EUR incl. 19 % VAT; IBAN DE89 3704 0044 0532 0130 00",
]


@pytest.fixture(scope="module")
def embedder():
    return E5()


@pytest.fixture(scope="module")
def reference():
    weights = Weights(e5_files._weights())
    words = weights.quantized("emb.word", 384)
    return Reference(weights, lambda ids: words.nibbles[ids] * np.repeat(words.scales[ids], 32, axis=1))


def ids_of(text):
    return [0, *tokens.tokenizer().encode("passage: " + text), 2]


def test_vectors_are_those_of_the_weights_in_full_precision(embedder, reference):
    with threadpool_limits(1):  # beside other processes of the tests more are slower
        exact = np.array([reference.vector(ids_of(text)) for text in TEXTS])
    assert ((embedder.passages(TEXTS) * exact).sum(axis=1) >= 0.996).all()


def test_middle_states_are_those_of_the_seventh_layer_in_full_precision(embedder, reference):
    with threadpool_limits(1):
        exact = [reference.states(ids_of(text), 7) for text in TEXTS]
    found = embedder.middle_states(TEXTS)
    assert [one.shape for one in found] == [one.shape for one in exact]
    assert embedder.middle_name == f"{embedder.name}/layer-7"
    for one, other in zip(found, exact, strict=True):
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        assert ((one * other).sum(axis=1) / lengths).mean() > 0.97


def test_states_are_those_of_the_ninth_layer_and_of_the_last(embedder, reference):
    with threadpool_limits(1):
        exact = [[reference.states(ids_of(text), layers) for layers in (9, 12)] for text in TEXTS]
    found = embedder.passage_states(TEXTS)
    assert [one.shape for one in found] == [np.shape(one) for one in exact]
    for one, other in zip(found, exact, strict=True):
        lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
        assert ((one * other).sum(axis=-1) / lengths).mean(axis=1).min() > 0.97


def test_vectors_are_one_long_and_in_the_order_of_the_texts(embedder):
    found = embedder.passages(TEXTS)
    assert (found.shape, found.dtype) == ((len(TEXTS), embedder.dimensions), np.float32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([embedder.passages([text]) for text in TEXTS])
    assert ((found * alone).sum(axis=1) > 0.998).all()
    turned = embedder.passages(TEXTS[::-1])[::-1]
    assert ((turned * alone).sum(axis=1) > 0.998).all()


def test_many_short_texts_go_together(embedder):
    texts = [f"{word} {number}" for word in ("good", "bad", "ugly") for number in range(10, 40)]
    together = embedder.passages(texts)
    alone = np.concatenate([embedder.passages([text]) for text in texts[::10]])
    assert ((together[::10] * alone).sum(axis=1) > 0.995).all()  # a batch shares its scales of 8 bits


def test_meaning_counts_across_languages(embedder):
    english, german, _cats, kittens = embedder.passages(TEXTS[:4])
    assert english @ german > english @ kittens + 0.05
    query = embedder.queries(["When must I pay?", "What do cats drink?"])
    assert (query @ np.array([german, kittens]).T).argmax(axis=1).tolist() == [0, 1]


def test_queries_are_told_from_passages(embedder):
    text = TEXTS[:1]
    assert (embedder.queries(text) * embedder.passages(text)).sum() < 0.99


def test_texts_are_stripped_and_may_be_empty(embedder):
    padded, bare, empty = embedder.passages([" \n Kittens like milk. \t", "Kittens like milk.", ""])
    assert padded @ bare > 0.999
    assert np.linalg.norm(empty) == pytest.approx(1, abs=1e-5)
    assert embedder.passages([]).shape == (0, 384)


def test_only_the_first_510_tokens_count(embedder):
    long = "word " * 508  # with "passage" and ":" 510
    first, second = embedder.passages([long + "and a tail", long + "cats"])
    assert first @ second > 0.9999
    shorter = "word " * 500
    first, second = embedder.passages([shorter + "and a tail", shorter + "cats"])
    assert first @ second < 0.9999


def test_threads_share_it(embedder):
    expected = embedder.queries(TEXTS[:1])
    found = []
    threads = [threading.Thread(target=lambda: found.append(embedder.queries(TEXTS[:1]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(one, expected) for one in found)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world!", [35378, 8999, 38]),  # as XLM-RoBERTa's own tokenizer has them
        ("  Hello   world!  ", [35378, 8999, 38]),
        ("ﬁne", tokens.tokenizer().encode("fine")),
    ],
)
def test_tokens_are_those_of_the_model(text, ids):
    assert tokens.tokenizer().encode(text) == ids


def test_no_text_spells_a_mark():
    spelt = tokens.tokenizer().encode("<s> </s> <pad> <mask>")
    assert not {0, 1, 2, 250001} & set(spelt)
