"""A transformer of one's own: a real graph and a real tokenizer, as small as they come."""

import importlib
import json

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from analysis import sentiment
from analysis.sentiment.onnx import Transformer, columns
from documents.errors import InvalidInput, Unavailable

ENGINE = "analysis.sentiment.onnx.Transformer"
# What each word adds to the scores of negative, neutral and positive, which is the order of the model's labels.
WORDS = {"[UNK]": (0, 0, 0), "good": (0, 0, 4), "bad": (4, 0, 0), "table": (0, 4, 0), "http": (0, 0, 0)}
LABELS = {"0": "Negative", "1": "LABEL_NEUTRAL", "2": "POSITIVE"}
NAMED = LABELS | {"1": "neutral"}


def graph(extra=()):
    """Scores of words, added up where the mask is 1."""
    weights = numpy_helper.from_array(np.array(list(WORDS.values()), np.float32), "weights")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask", *extra)
    ]
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["words", "wide"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "second"], ["logits"], keepdims=0),
    ]
    axes = [numpy_helper.from_array(np.array([place], np.int64), name) for name, place in (("last", 2), ("second", 1))]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", 3])
    made = helper.make_graph(nodes, "tiny", inputs, [output], [weights, *axes])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": {
        "strategy": {"Fixed": 40},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 1,
        "pad_type_id": 0,
        "pad_token": "good",
    },
    "added_tokens": [],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {word: n for n, word in enumerate(WORDS)}, "unk_token": "[UNK]"},
}


@pytest.fixture
def folder(tmp_path, settings):
    path = tmp_path / "tiny-reviews"
    path.mkdir()
    (path / "model.onnx").write_bytes(graph())
    (path / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (path / "config.json").write_text(json.dumps({"id2label": NAMED, "max_position_embeddings": 10}))
    settings.SENTIMENT_ENGINE, settings.SENTIMENT_MODEL = ENGINE, str(path)
    yield path
    sentiment._loaded.pop(ENGINE, None)


@pytest.fixture
def tokenizers():
    """The package is the operator's to install."""
    return pytest.importorskip("tokenizers")


def test_it_is_chosen_by_settings_alone(folder, tokenizers):
    texts = ["Good", "bad bad table", "the table", "good bad", "good good good, bad", ""]
    verdicts = sentiment.classify([*texts[:4], "GOOD http://bad.example/bad"])
    assert [one.label for one in verdicts[:3]] == ["positive", "negative", "neutral"]
    assert verdicts[0].scores["positive"] == pytest.approx(np.exp(4) / (np.exp(4) + 2))
    assert verdicts[3].scores["positive"] == pytest.approx(verdicts[3].scores["negative"])
    assert verdicts[4].scores["positive"] == pytest.approx(
        verdicts[0].scores["positive"]
    )  # where it leads says nothing
    together = Transformer().scores(texts)
    alone = [Transformer().scores([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other)  # nothing is padded, whatever comes beside it


def test_the_beginning_counts_of_what_is_too_long(folder, tokenizers):
    assert Transformer().scores(["good " * 8 + "bad " * 90])[0]["positive"] > 0.99  # 10 places, two of them not usable
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 20}))
    assert Transformer().scores(["good " * 8 + "bad " * 90])[0]["negative"] > 0.99


def test_its_version_changes_with_its_files(folder, tokenizers):
    version = Transformer().version()
    assert version.startswith("tiny-reviews-")
    assert Transformer().version() == version
    (folder / "model.onnx_data").write_bytes(b"numbers")
    assert Transformer().version() != version


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.onnx", b"nothing", "model.onnx"),
        ("model.onnx", graph(["position_ids"]), "position_ids"),
        ("tokenizer.json", b"{}", "tokenizer.json"),
        ("config.json", json.dumps({"id2label": LABELS}).encode(), "LABEL_NEUTRAL"),
    ],
)
def test_files_that_do_not_go_together_say_so(folder, tokenizers, name, data, said):
    (folder / name).write_bytes(data)
    with pytest.raises(InvalidInput, match=said) as refused:
        Transformer()
    assert refused.value.code == "model_unusable"


def test_a_model_of_more_labels_than_it_names_is_refused(folder, tokenizers):
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "neg", "1": "pos"}}))
    with pytest.raises(InvalidInput, match="each label"):
        Transformer().scores(["good"])


def test_missing_files_are_named(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(Unavailable, match=r"no tokenizer\.json") as away:
        sentiment.classify(["good"])
    assert away.value.code == "sentiment_model_missing"


def test_the_missing_package_is_named(folder, monkeypatch):
    found = importlib.import_module

    def without(name, *more):
        if name == "tokenizers":
            raise ModuleNotFoundError(name)
        return found(name, *more)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(Unavailable, match="pip install tokenizers"):
        Transformer()


def test_labels_are_known_by_their_names():
    assert columns(NAMED).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert columns({"0": "POS", "1": "NEG"}).tolist() == [[1, 0, 0], [0, 0, 1]]
    stars = {str(place): f"{place + 1} star{'s' * (place > 0)}" for place in range(5)}
    assert columns(stars).sum(axis=0).tolist() == [2, 1, 2]
    assert columns({"0": "Very Negative", "1": "Neutral", "2": "very_positive"}).tolist()[2] == [1, 0, 0]
    for names in ({"0": "LABEL_0", "1": "LABEL_1"}, {"0": "neutral"}, {}):
        with pytest.raises(InvalidInput, match="id2label"):
            columns(names)
