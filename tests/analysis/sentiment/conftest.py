"""A small model of generated texts, trained once per process, and an embedder that costs nothing."""

import numpy as np
import pytest

from analysis.sentiment import generated, own, training


@pytest.fixture(scope="session")
def examples():
    return generated.texts(600, seed=3)


@pytest.fixture(scope="session")
def small(examples):
    """A model without vectors."""
    return training.train(examples)


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """A storage, and a memory of models, for each test."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        }
    }
    own._loaded.clear()
    own._failed.clear()
    yield
    own._loaded.clear()
    own._failed.clear()


class Letters:
    """An embedder whose vectors count letters."""

    name = "letters-1"
    dimensions = 27

    def passages(self, texts):
        found = np.array([[1, *(text.lower().count(chr(97 + place)) for place in range(26))] for text in texts], float)
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    queries = passages

    def states(self, texts):
        return list(self.passages(texts)[:, None])


@pytest.fixture
def letters(settings):
    """This installation's embedder is another than the shipped model's."""
    settings.EMBEDDER = "tests.analysis.sentiment.conftest.Letters"
