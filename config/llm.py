"""What settings say of the language model: its address, what goes with each request, what tokens cost."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def address(name: str, url: str) -> str:
    """An http or https address without a slash at its end; empty stays empty."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name}={url!r} must look like http://localhost:11434/v1.")
    return url.rstrip("/")


def parameters(text: str) -> dict[str, Any]:
    """A JSON object that is a part of each request's body."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f'LLM_PARAMETERS={text!r} must be a JSON object like {{"temperature": 0}}.')
    return found


def prefixes(text: str) -> tuple[str, str]:
    """What an embedding model wants before queries and before passages, spaces included."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(one, str) for one in found):
        raise ImproperlyConfigured(f'EMBEDDING_PREFIXES={text!r} must be JSON like ["query: ", "passage: "].')
    return found[0], found[1]


def prices(items: list[str]) -> tuple[Decimal, Decimal]:
    """What a million tokens cost, of the question and of the answer."""
    try:
        prompt, completion = (Decimal(item) for item in items)
        if not all(price.is_finite() and price >= 0 for price in (prompt, completion)):
            raise ValueError
    except (ValueError, InvalidOperation):
        raise ImproperlyConfigured(f"LLM_PRICES={','.join(items)!r} must be two numbers like 0.15,0.60.") from None
    return prompt, completion
