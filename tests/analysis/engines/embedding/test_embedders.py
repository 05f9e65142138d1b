"""Which embedder is used, by the settings and by the name of older vectors; how tokens are counted."""

import threading

import numpy as np
import pytest

from analysis.engines import embedding


class Letters:
    """An embedder of a plug-in: how often each letter comes up."""

    name = "letters-1"
    dimensions = 26
    made = 0

    def __init__(self):
        type(self).made += 1

    def passages(self, texts):
        counts = np.array([[text.count(chr(97 + n)) for n in range(26)] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    queries = passages


@pytest.fixture
def letters(settings):
    settings.EMBEDDER = f"{__name__}.Letters"
    return Letters


def test_the_settings_name_it(letters):
    assert embedding.current().name == "letters-1"
    assert embedding.current().passages(["aab"])[0, :2].tolist() == pytest.approx([2 / 5**0.5, 1 / 5**0.5])


def test_threads_share_one(letters):
    embedding.current()
    made, found = letters.made, []
    threads = [threading.Thread(target=lambda: found.append(embedding.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert letters.made == made


def test_the_one_of_older_vectors_is_found_by_its_name(letters):
    shipped = embedding.named("multilingual-e5-small-q4-1571fc98-1")
    assert shipped.dimensions == 384
    assert embedding.named("letters-1") is embedding.current()
    assert embedding.named("letters-0") is None
    assert embedding.named("") is None


def test_tokens_are_those_of_the_shipped_model_whatever_is_set(letters):
    assert embedding.count_tokens(["", "Hello world!", "Hello world! " * 2000]) == [0, 3, 6000]
    assert embedding.count_tokens([]) == []
