"""A real HTTP server that speaks the protocol of a CLIP-like model: pictures and colour words are near by colour."""

import io
import re
from base64 import b64decode
from typing import Any

import numpy as np
from PIL import Image

from tests.llm_server import Asked, LlmServer, Said, refused

COLOURS = {
    "red": (220, 30, 30), "green": (30, 180, 40), "blue": (30, 50, 220), "yellow": (235, 220, 30),
    "white": (250, 250, 250), "black": (10, 10, 10),
}  # fmt: skip
MOST = 32  # inputs of a request, as Infinity has it


def vector(colour: Any) -> list[float]:
    """By hue, each colour beside a constant: cosines of pictures and texts lie close together, as those of CLIP do."""
    shown = np.asarray(colour, float) / 255
    return [*(3 * (shown - shown.mean())), 0.5 * shown.mean(), 1.0]


def of_picture(uri: str) -> list[float]:
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(b64decode(data))) as image:
        assert image.mode == "RGB"
        assert max(image.size) <= 512
        return vector(np.asarray(image, float).mean(axis=(0, 1)))


def of_text(text: str) -> list[float]:
    """The mean of the colours that are named; grey for texts without."""
    named = [COLOURS[word] for word in re.findall(r"\w+", text.lower()) if word in COLOURS]
    return vector(np.mean(named, axis=0) if named else (128, 128, 128))


def answer(asked: Asked) -> Said:
    inputs, modality = asked.body["input"], asked.body.get("modality", "text")
    if not 1 <= len(inputs) <= MOST:
        return refused(422)
    embed = of_picture if modality == "image" else of_text
    data = [{"object": "embedding", "index": n, "embedding": embed(one)} for n, one in enumerate(inputs)]
    return Said(body={"object": "list", "model": asked.body["model"], "data": data, "usage": {"total_tokens": 1}})


class PictureServer(LlmServer):
    """`pictures` counts what was embedded, but for the small one by which a server is tried."""

    def __init__(self) -> None:
        super().__init__()
        self.always = answer

    @property
    def pictures(self) -> list[str]:
        sent = [asked.body["input"] for asked in self.asked if asked.body.get("modality") == "image"]
        return [uri for uris in sent for uri in uris if len(uri) > PROBE]


PROBE = 2_000  # characters of a data URI, which the pictures of tests have more of
