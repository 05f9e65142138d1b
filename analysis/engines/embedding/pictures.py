"""Vectors of pictures and of texts in one space, from a server of a CLIP-like model.

The protocol is Infinity's: OpenAI's `/embeddings`, with `"modality": "image"` where the inputs are pictures, as data
URIs, and `"text"` where they are texts.
"""

import io
from base64 import b64encode
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from analysis.engines.embedding.server import Server, guarded, unusable
from analysis.engines.llm.circuit import Circuit
from documents.errors import Unavailable

BATCH = 16  # pictures of a request: about a megabyte; Infinity takes 32
_ALIKE = 0.999  # cosine of a picture and the text of its data URI, from which on it was taken for that text
_LONGEST_NAME = 120


def current() -> "PictureEmbedder | None":
    """The one that the settings name, the same in the whole process; None where they name none."""
    if not settings.PICTURE_EMBEDDER_URL:
        return None
    return _made(settings.PICTURE_EMBEDDER_URL, settings.PICTURE_EMBEDDER_MODEL)


class PictureEmbedder:
    """The model PICTURE_EMBEDDER_MODEL of the server at PICTURE_EMBEDDER_URL. Shared by threads.

    `pictures` and `texts` give a row of length 1 for each, and raise Unavailable as `Server.vectors` does, and
    `embedding_resting` (it failed repeatedly, and is left alone for a minute).
    """

    def __init__(self) -> None:
        self._circuit = Circuit()
        self._sees = False

    @property
    def name(self) -> str:
        """Vectors of different names are not to be compared."""
        return str(settings.PICTURE_EMBEDDER_MODEL)[:_LONGEST_NAME]

    def pictures(self, jpegs: Sequence[bytes]) -> NDArray[np.float32]:
        """Of at least one. Raises Unavailable `embedding_no_pictures`, too, of a server that takes them for texts."""
        if not self._sees:
            self._try_sight()
        uris = [_data_uri(jpeg) for jpeg in jpegs]
        seconds = settings.PICTURE_EMBEDDER_TIMEOUT_SECONDS
        batches = [self._asked(uris[start : start + BATCH], "image", seconds) for start in range(0, len(uris), BATCH)]
        if len({batch.shape[1] for batch in batches}) > 1:
            raise unusable()
        return np.concatenate(batches)

    def texts(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:
        """Of at least one and few, within so many seconds."""
        return self._asked([text.strip() or " " for text in texts], "text", seconds)

    def _asked(self, inputs: list[str], modality: str, seconds: float) -> NDArray[np.float32]:
        return guarded(self._circuit, lambda: _server().vectors(inputs, seconds, modality=modality))

    def _try_sight(self) -> None:
        """Servers that don't know of modalities embed the letters of a data URI, and nobody would notice."""
        uri, seconds = _data_uri(_probe()), settings.PICTURE_EMBEDDER_TIMEOUT_SECONDS
        [seen], [read] = (self._asked([uri], modality, seconds) for modality in ("image", "text"))
        if seen.shape != read.shape or seen @ read > _ALIKE:
            detail = "The server at PICTURE_EMBEDDER_URL takes pictures for texts. Choose one that knows `modality`."
            raise Unavailable("embedding_no_pictures", detail)
        self._sees = True


@lru_cache(maxsize=1)
def _made(_url: str, _model: str) -> PictureEmbedder:
    return PictureEmbedder()


def _server() -> Server:
    return Server(
        "PICTURE_EMBEDDER",
        settings.PICTURE_EMBEDDER_URL,
        settings.PICTURE_EMBEDDER_MODEL,
        settings.PICTURE_EMBEDDER_API_KEY,
    )


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


@cache
def _probe() -> bytes:
    """A small picture: an orange disc."""
    jpeg, disc = io.BytesIO(), Image.radial_gradient("L").resize((64, 64))
    Image.composite(Image.new("RGB", disc.size, "navy"), Image.new("RGB", disc.size, "orange"), disc).save(jpeg, "JPEG")
    return jpeg.getvalue()
