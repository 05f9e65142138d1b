"""Trained models by name: their bytes in the storage, checked by their hash, loaded once per process."""

import hashlib
import io
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from prometheus_client import Counter

from analysis import learned
from analysis.learned import Model
from analysis.learning.versions import FIELDS, SAMPLE, Reference, active
from analysis.models import ModelVersion
from documents import intake
from documents.errors import DomainError, InvalidInput

log = structlog.get_logger(__name__)

UNUSABLE = Counter("vouch_models_unusable_total", "Loads of a model that failed, so that the shipped one was used")
_KEPT = 2  # models in a process's memory: the active one, and the one before while tasks still use it
_PATIENCE = 60  # seconds until a model that could not be loaded is tried again
_EPOCH = (1980, 1, 1, 0, 0, 0)  # in archives, so that equal models have equal bytes

T = TypeVar("T")


class Storable(Protocol):
    """A model of any task."""

    @property
    def name(self) -> str:
        """The hash of what it knows is part of it."""
        ...

    def save(self, folder: Path) -> None:
        """Writes its files, the same to the byte for the same model."""
        ...


_loaded: dict[str, Model] = {}
_failed: dict[str, float] = {}
_loading = threading.Lock()


def shipped() -> Model:
    """The model that comes with the product; one that knows nothing, beside which the rules stand, if it is missing."""
    try:
        return learned.shipped()
    except InvalidInput as error:
        UNUSABLE.inc()
        log.error("shipped_model_unusable", error=str(error))
        return Model({})


def load(reference: Reference | None) -> Model:
    """The model, from this process's memory or the storage; the shipped one if its bytes are missing or damaged."""
    if reference is None or not reference.storage_key:
        return shipped()
    with _loading:
        model = _loaded.get(reference.name)
        if model is None and time.monotonic() >= _failed.get(reference.name, 0):
            model = _fetch(reference)
    return model or shipped()


def current(task: str = FIELDS) -> Model:
    """The active model, loaded."""
    return load(active(task))


def _fetch(reference: Reference) -> Model | None:
    try:
        model = unpack(reference, Model.load)
    except (DomainError, zipfile.BadZipFile) as error:
        UNUSABLE.inc()
        _failed[reference.name] = time.monotonic() + _PATIENCE
        log.error("model_unusable", model=reference.name, error=str(error), used=shipped().name)
        return None
    while len(_loaded) >= _KEPT:
        del _loaded[next(iter(_loaded))]
    _loaded[reference.name] = model
    return model


def load_strictly(reference: Reference) -> Model:
    """The model and no other. Raises Unavailable or InvalidInput if its bytes are missing or damaged."""
    return unpack(reference, Model.load) if reference.storage_key else learned.shipped()


def unpack(reference: Reference, load: Callable[[Path], T]) -> T:
    """What `load` makes of the model's files, by their hash. Raises Unavailable, InvalidInput, BadZipFile."""
    with tempfile.TemporaryDirectory() as folder:
        archive = intake.fetch(reference.storage_key, reference.sha256, Path(folder) / "model.zip")
        with zipfile.ZipFile(archive) as files:
            files.extractall(Path(folder) / "model")
        return load(Path(folder) / "model")


def publish(
    model: Storable,
    *,
    metrics: Mapping[str, Any],
    thresholds: Mapping[str, Any],
    data_sha256: str,
    task: str = FIELDS,
) -> ModelVersion:
    """Stores the model as a candidate. One that was trained before, to the byte, gets the new figures.

    What people said of its blind samples stays.

    The shipped model is a version, too, once it has figures; its bytes are not stored.
    """
    own = model.name != shipped().name
    content = _archive(model)
    key = f"models/{task}/{model.name}.zip" if own else ""
    if key:
        _write(key, content)
    before = ModelVersion.objects.filter(name=model.name).values_list("metrics", flat=True).first() or {}
    described = {
        "task": task,
        "metrics": {**metrics, **{name: before[name] for name in (SAMPLE,) if name in before}},
        "thresholds": dict(thresholds),
        "data_sha256": data_sha256,
        "code_version": code_version(),
        "storage_key": key,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    version, _ = ModelVersion.objects.update_or_create(name=model.name, defaults=described)
    return version


def _archive(model: Storable) -> bytes:
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        model.save(Path(folder))
        for path in sorted(Path(folder).iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _write(key: str, content: bytes) -> None:
    try:
        if default_storage.exists(key):
            default_storage.delete(key)
        default_storage.save(key, ContentFile(content))
    except intake.STORAGE_ERRORS as error:
        raise intake.unavailable(error) from error


def code_version() -> str:
    """The commit that this runs from; `release` where the code is no checkout."""
    command = ["git", "-C", str(settings.BASE_DIR), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return "release"
    return done.stdout.strip()
