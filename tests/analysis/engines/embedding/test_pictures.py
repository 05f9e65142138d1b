"""Pictures and texts in one space, from a real server: what goes out, what comes back, and what is no such server."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from analysis.engines.embedding import pictures
from documents.errors import Unavailable
from tests.llm_server import Said, refused
from tests.picture_server import PictureServer, answer


@pytest.fixture
def server(settings):
    running = PictureServer()
    settings.PICTURE_EMBEDDER_URL, settings.PICTURE_EMBEDDER_MODEL = running.url, "colours"
    settings.PICTURE_EMBEDDER_API_KEY, settings.PICTURE_EMBEDDER_TIMEOUT_SECONDS = "sk-key", 5
    yield running
    running.close()


def jpeg(colour, size=(512, 300)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "JPEG")
    return made.getvalue()


def failure(*given) -> str:
    with pytest.raises(Unavailable) as caught:
        pictures.current().pictures(given or [jpeg("red")])
    return caught.value.code


def test_without_an_address_there_is_none(settings):
    settings.PICTURE_EMBEDDER_URL = ""
    assert pictures.current() is None


def test_a_text_is_nearest_to_the_picture_that_shows_it(server):
    embedder = pictures.current()
    assert embedder is pictures.current()
    assert embedder.name == "colours"
    seen = embedder.pictures([jpeg("red"), jpeg("blue")])
    texts = embedder.texts(["a red car", "a blue car", " "], seconds=2)
    assert seen.dtype == np.float32
    assert np.linalg.norm(seen, axis=1) == pytest.approx([1, 1])
    assert (texts[:2] @ seen.T).argmax(axis=1).tolist() == [0, 1]
    tried, read, sent, asked = server.asked
    assert (tried.body["modality"], read.body["modality"]) == ("image", "text")
    assert tried.body["input"] == read.body["input"]
    assert (sent.path, sent.body["modality"], sent.body["model"]) == ("/v1/embeddings", "image", "colours")
    assert [uri[:23] for uri in sent.body["input"]] == ["data:image/jpeg;base64,"] * 2
    assert asked.body == {"model": "colours", "input": ["a red car", "a blue car", " "], "modality": "text"}
    assert asked.headers["Authorization"] == "Bearer sk-key"


def test_a_request_has_sixteen_pictures_at_most_and_a_server_is_tried_once(server):
    embedder = pictures.current()
    assert embedder.pictures([jpeg((n, 0, 90)) for n in range(40)]).shape == (40, 5)
    embedder.pictures([jpeg("red")])
    assert [len(asked.body["input"]) for asked in server.asked] == [1, 1, 16, 16, 8, 1]


def as_text(asked) -> Said:
    """What servers do that don't know of modalities."""
    asked.body["modality"] = "text"
    return answer(asked)


def test_a_server_that_embeds_the_letters_of_a_data_uri_is_found_out(server):
    server.always = as_text
    assert failure() == "embedding_no_pictures"
    assert server.pictures == []
    server.always = answer
    assert len(pictures.current().pictures([jpeg("red")])) == 1


def test_batches_of_different_widths_are_refused(server):
    embedder = pictures.current()
    embedder.pictures([jpeg("red")])
    server.replies = [Said(body={"data": [{"index": n, "embedding": [1, 2]} for n in range(16)]})]
    assert failure(*[jpeg("red")] * 17) == "embedding_answer"


def test_a_busy_server_is_asked_again_and_a_search_does_not_wait_for_it(server):
    server.replies = [refused(429, headers={"Retry-After": "1"})]
    begin = time.monotonic()
    assert len(pictures.current().pictures([jpeg("red")])) == 1
    assert time.monotonic() - begin >= 1
    server.replies = [Said(delay=2)]
    begin = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        pictures.current().texts(["red"], seconds=0.3)
    assert caught.value.code == "embedding_timeout"
    assert "PICTURE_EMBEDDER_TIMEOUT_SECONDS" in caught.value.detail
    assert time.monotonic() - begin < 1


def test_a_server_that_fails_repeatedly_is_left_alone(server):
    server.always = lambda _asked: refused(400)
    assert [failure() for _ in range(4)] == ["embedding_status"] * 3 + ["embedding_resting"]
    assert len(server.asked) == 3
