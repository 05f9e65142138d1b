"""Training, the model's files, and what it says."""

import json

import numpy as np
import pytest

from analysis import sentiment
from analysis.engines.embedding.e5 import E5
from analysis.sentiment import datasets, generated, own, training
from analysis.sentiment.measures import quality
from analysis.sentiment.model import Model
from analysis.sentiment.verdicts import LABELS
from documents.errors import InvalidInput
from tests.analysis.sentiment.conftest import Letters


def test_generated_texts_are_many_and_the_same_each_time():
    made = generated.texts(2_000, seed=5)
    assert made == generated.texts(2_000, seed=5) != generated.texts(2_000, seed=6)
    assert len(made) > 1_500
    assert min(sum(label == one for _, label in made) for one in LABELS) > 400
    assert not any("{" in text for text, _ in made)
    assert any("ä" in text for text, _ in made)
    assert any(character >= "\u0600" for text, _ in made for character in text)


def test_halves_share_no_phrase():
    first, second = (generated._phrases("en", part)["negative"] for part in (0, 1))
    assert first
    assert not set(first) & set(second)
    assert sorted([*first, *second]) == sorted(generated._phrases("en", None)["negative"])


def test_trained_model_tells_texts_that_it_never_saw(small):
    unseen = [
        ("The soup was wonderful, we loved it!", "positive"),
        ("What a terrible, dirty room. Never again.", "negative"),
        ("What time does the shop open on Monday?", "neutral"),
    ]
    likelihoods = small.likelihoods([text for text, _ in unseen])
    assert [LABELS[place] for place in likelihoods.argmax(axis=1)] == [label for _, label in unseen]
    assert np.allclose(likelihoods.sum(axis=1), 1, atol=1e-4)


def test_same_texts_same_model(examples, small):
    again = training.train(list(reversed(examples)))
    assert again.name == small.name


def test_both_heads_are_saved_and_loaded(examples, tmp_path):
    embedder = Letters()
    model = training.train(examples, embed=embedder.states, embedder="letters-1")
    model.save(tmp_path)
    loaded = Model.load(tmp_path)
    assert loaded.name == model.name
    texts = [text for text, _ in generated.texts(100, seed=9)]
    assert np.allclose(loaded.likelihoods(texts, embedder.states), model.likelihoods(texts, embedder.states), atol=0.02)
    with np.load(tmp_path / "weights.npz") as stored:
        arrays = dict(stored)
    np.savez(tmp_path / "weights.npz", **arrays | {"embedded_outer": np.ones((3, 3), np.float16)})
    with pytest.raises(InvalidInput, match="another shape"):
        Model.load(tmp_path)


def test_saved_and_loaded_model_is_the_same(small, tmp_path):
    small.save(tmp_path / "a")
    small.save(tmp_path / "b")
    loaded = Model.load(tmp_path / "a")
    assert loaded.name == small.name
    assert (tmp_path / "a" / "weights.npz").read_bytes() == (tmp_path / "b" / "weights.npz").read_bytes()
    texts = ["It was a lovely evening", "Rude waiter"]
    assert np.allclose(loaded.likelihoods(texts), small.likelihoods(texts), atol=0.01)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "weights.npz").write_bytes(b"PK"),
        lambda folder: (folder / "about.json").unlink(),
        lambda folder: (folder / "about.json").write_text("[]"),
        lambda folder: (folder / "about.json").write_text(
            json.dumps(json.loads((folder / "about.json").read_text()) | {"schema": 99})
        ),
        lambda folder: (folder / "about.json").write_text(
            json.dumps(json.loads((folder / "about.json").read_text()) | {"common": 9})
        ),
        lambda folder: np.savez(folder / "weights.npz", plain_weights=np.ones((3, 4)), plain_bias=np.ones(4)),
    ],
)
def test_damaged_model_is_refused(small, tmp_path, damage):
    small.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InvalidInput) as raised:
        Model.load(tmp_path)
    assert raised.value.code == "model_unusable"


def test_embedder_is_asked_only_about_doubtful_texts(examples):
    embedder, asked = Letters(), []

    def embed(texts):
        asked.append(list(texts))
        return embedder.states(texts)

    model = training.train(examples, embed=embed, embedder="letters-1")
    assert model.embedded.network.inner.shape[0] == 27
    asked.clear()
    texts = [text for text, _ in generated.texts(300, seed=9)]
    together = model.likelihoods(texts, embed)
    assert 0 < len(asked[0]) < len(texts)
    plain = model.likelihoods(texts)
    sure = plain.max(axis=1) >= model.sure
    assert np.allclose(together[sure], plain[sure])
    assert np.allclose(model.likelihoods([texts[0]], embed)[0], together[0], atol=1e-5)  # alone as among others


def test_few_examples_weigh_more_than_the_base(examples):
    """People's word changes what the base says of their texts."""
    theirs = [(f"the frobnicator is {word} number {n}", "negative") for n in range(15) for word in ("sick", "wicked")]
    base = training.train([], examples)
    taught = training.train(theirs, examples, held=[text for text, _ in examples[:150]])
    place = LABELS.index("negative")
    text = ["this frobnicator is wicked"]
    assert taught.likelihoods(text)[0, place] > base.likelihoods(text)[0, place]
    assert taught.likelihoods(text)[0, place] > 0.5


def test_a_word_means_in_each_collection_what_it_means_there():
    sides = {"fans": ("sick", "positive", "dull"), "patients": ("dull", "positive", "sick")}
    rows, kinds = [], {}
    for kind, (good, _, bad) in sides.items():
        for n in range(150):
            for label, word in (("positive", good), ("negative", bad), ("neutral", "there")):
                rows.append((f"said of {kind} number {n}: {word}", label))
                kinds[rows[-1][0]] = kind
    model = training.train(rows, kinds=kinds)
    likelihoods = model.likelihoods([f"said of {kind} number 900: sick" for kind in sides])
    assert [LABELS[place] for place in likelihoods.argmax(axis=1)] == ["positive", "negative"]


def test_texts_about_which_people_differ_are_said_to_be_doubtful(examples):
    word = {"all": (1.0, 0.0, 0.0), "most": (0.7, 0.3, 0.0), "some": (0.4, 0.6, 0.0)}
    posts = [(f"{kind} of us, number {n}", opinion) for kind, opinion in word.items() for n in range(60)]
    model = training.train([], examples, rated=posts)
    likelihoods = model.likelihoods([f"{kind} of us, number 900" for kind in word])
    assert likelihoods[0, 0] > likelihoods[1, 0] > likelihoods[2, 0] > likelihoods[2, 2]
    taught = training.train([("all of us, number 1", "negative")], examples, rated=posts)
    assert taught.likelihoods(["all of us, number 1"])[0, 2] > likelihoods[0, 2]  # an own label counts more


def test_rare_labels_weigh_more_within_their_own_collection():
    truth = np.array([2] * 9 + [0] + [0, 1, 2] * 3)
    weights = training._weights(np.eye(3)[truth], np.array(["complaints"] * 10 + ["films"] * 9), 0, 0)
    assert weights[9] > 2 * weights[0]
    assert weights[10:] == pytest.approx(1)
    assert datasets.kinds({"a": [("fine", "positive")], "b": [("bad", "negative")]}) == {"fine": "a", "bad": "b"}


def test_too_few_examples_are_refused():
    with pytest.raises(InvalidInput) as raised:
        training.train([("good", "positive"), ("bad", "negative")])
    assert raised.value.code == "too_few_examples"


def test_quality_counts_what_it_says():
    likelihoods = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]], np.float32)
    found = quality(likelihoods, np.array([0, 1, 2, 2]))
    assert found.accuracy == 0.75
    assert found.f1 == pytest.approx({"positive": 2 / 3, "neutral": 1.0, "negative": 2 / 3})
    assert found.macro_f1 == pytest.approx(7 / 9)
    assert found.calibration_error == pytest.approx((0.1 + 0.2 + 0.6 + 0.3) / 4)


def test_shipped_model_is_small_and_knows_its_embedder():
    assert sum(path.stat().st_size for path in own.SHIPPED.iterdir()) < 4_000_000
    model = own.shipped()
    assert model.embedder == E5.middle_name
    likelihoods = model.likelihoods(["Great food and lovely people", "Der Flug war schrecklich und viel zu teuer"])
    assert [LABELS[place] for place in likelihoods.argmax(axis=1)] == ["positive", "negative"]


def test_language_with_fewer_labels_is_not_learned_from(tmp_path):
    path = tmp_path / "train_a.csv"
    rows = [f"text {label} {lang},{label},{lang}" for lang in ("de", "fr") for label in LABELS]
    path.write_text("\n".join(["text,label,lang", *rows, "all bad,negative,en", "bad too,negative,en"]), "utf-8")
    assert len(datasets.read(path)) == 8
    assert {text for text, _ in datasets.teaching(path)} == {row.split(",")[0] for row in rows}
    path.write_text("text,label\nfine,positive\nbad,negative\nperhaps,neutral\n", "utf-8")
    assert datasets.teaching(path) == datasets.read(path)


def test_datasets_are_read_or_refused_with_the_cause(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('\ufefftext,label,lang\n"so ""good"", I say",positive,en\n', "utf-8")
    assert datasets.read(path) == [('so "good", I say', "positive")]
    for content in (b"text\nx\n", b"text,label\nx,joyful\n", b"text,label\n\xff\xfe,positive\n"):
        path.write_bytes(content)
        with pytest.raises(InvalidInput) as raised:
            datasets.read(path)
        assert raised.value.code == "dataset_unusable"
    with pytest.raises(InvalidInput):
        datasets.files(tmp_path / "nothing")


def test_digest_is_of_the_texts_in_any_order():
    assert datasets.digest([("a", "positive"), ("b", "neutral")]) == datasets.digest(
        [("b", "neutral"), ("a", "positive")]
    )
    assert datasets.digest([("a", "positive")]) != datasets.digest([("a", "negative")])


def test_limits():
    assert (sentiment.SHORTEST, sentiment.LONGEST) == (1, 512)
