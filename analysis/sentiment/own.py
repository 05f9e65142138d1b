"""The product's own classifier: the active model, and the shipped one until another is promoted."""

import threading
import time
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import structlog

from analysis.engines import embedding
from analysis.engines.embedding import MiddleEmbedder
from analysis.learning import registry, versions
from analysis.learning.versions import Reference
from analysis.sentiment.model import Embed, Model
from analysis.sentiment.network import States
from analysis.sentiment.texts import legible
from analysis.sentiment.verdicts import LABELS
from documents.errors import DomainError

log = structlog.get_logger(__name__)

TASK = "sentiment"
SHIPPED = Path(__file__).parent / "shipped"
_PATIENCE = 60  # seconds until a model that could not be loaded is tried again

_loading = threading.Lock()
_loaded: dict[str, Model] = {}  # the active one alone
_failed: dict[str, float] = {}


class Own:
    """Shared by threads. Each call uses the model that is active then."""

    def version(self) -> str:
        return current().name

    def scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        model = current()
        rows = model.likelihoods(texts, embed_for(model)).tolist()
        return [dict(zip(LABELS, row, strict=True)) for row in rows]


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with the product. Raises InvalidInput `model_unusable`."""
    return Model.load(SHIPPED)


def current() -> Model:
    """The active model; the shipped one if none was promoted, or if its bytes are missing or damaged."""
    reference = versions.active(TASK)
    if reference is None:
        return shipped()
    with _loading:
        if reference.name not in _loaded and time.monotonic() >= _failed.get(reference.name, 0):
            _fetch(reference)
        return _loaded.get(reference.name) or shipped()


def embed_for(model: Model) -> Embed | None:
    """What gives the states that the model knows; None if this installation's embedder is another."""
    return states if model.embedder and source() == model.embedder else None


def source() -> str:
    """What `states` are of: embedder, version and layer."""
    embedder = embedding.current()
    return embedder.middle_name if isinstance(embedder, MiddleEmbedder) else embedder.name


def states(texts: Sequence[str]) -> States:
    """What the current embedder makes of texts as the model sees them: tokens x dimensions of each.

    The states of a middle layer, where the embedder gives them; otherwise its vector, as if of one token.
    """
    read, embedder = [legible(text) for text in texts], embedding.current()
    if isinstance(embedder, MiddleEmbedder):
        return embedder.middle_states(read)
    return list(embedder.passages(read)[:, None])


def _fetch(reference: Reference) -> None:
    try:
        model = registry.unpack(reference, Model.load)
    except (DomainError, zipfile.BadZipFile) as error:
        registry.UNUSABLE.inc()
        _failed[reference.name] = time.monotonic() + _PATIENCE
        log.error("model_unusable", model=reference.name, error=str(error), used=shipped().name)
        return
    _loaded.clear()
    _loaded[reference.name] = model
