"""What was found in a document, kept for when the same pages come again with nothing changed that it depends on."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from analysis import caching, document_types
from analysis.findings import Extraction, Found, Issue, LineItem

_CACHE = caching.Cache("extraction")
_OWN = Path(__file__).parent
_CODE = ("*.py", "*.toml", "*.json", "*.npz", "*.bin", "*.txt")
_SETTINGS = (
    "LLM_URL", "LLM_MODEL", "LLM_PARAMETERS", "LLM_DOCUMENT_TYPES", "LLM_DOCUMENT_TOKENS", "LLM_IMAGES"
)  # fmt: skip


def get_or_make(make: Callable[[], Extraction], *given: object, keep: Callable[[], bool]) -> Extraction:
    """The extraction kept for what was `given` to this code, these settings and document types; else a new one.

    It is kept if `keep` says so after it was made. `candidates` are not, as nothing that follows needs them.
    `given` is told apart by its `repr`.
    """
    parts = [fingerprint(), _configuration(), *map(repr, given)]
    return _unpacked(_CACHE.get_or_make(lambda: _packed(make()), *parts, keep=keep))


@cache
def fingerprint() -> str:
    """Of the code that finds things and of the models that come with it: a hash of this room's files."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _CODE for path in _OWN.rglob(pattern)):
        digest.update(f"{path.relative_to(_OWN)}:{path.stat().st_size}:".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _configuration() -> str:
    """What else findings depend on, which an operator may change: settings, and types defined in the admin."""
    types = [
        (one.name, one.label, one.fields, one.evidence, one.description, one.active)
        for one in document_types.all().values()
    ]
    return repr([getattr(settings, name) for name in _SETTINGS] + types)


def _packed(extraction: Extraction) -> bytes:
    return json.dumps(asdict(replace(extraction, candidates={}))).encode()


def _unpacked(packed: bytes) -> Extraction:
    found: dict[str, Any] = json.loads(packed)
    return Extraction(
        **found
        | {
            "fields": {name: Found(**_boxed(one)) for name, one in found["fields"].items()},
            "line_items": [LineItem(**_boxed(one)) for one in found["line_items"]],
            "issues": [Issue(**one | {"fields": tuple(one["fields"])}) for one in found["issues"]],
        }
    )


def _boxed(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"box": tuple(one["box"]) if one["box"] else None}
