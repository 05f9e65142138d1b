"""Typed reading of environment variables: nonsense stops the start with a sentence, never a guess."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, at_least: int = 0) -> int:
    raw = text(name, str(default))
    if not raw.lstrip("-").isdigit() or int(raw) < at_least:
        raise ImproperlyConfigured(f"{name}={raw!r} must be a whole number of at least {at_least}.")
    return int(raw)


def flag(name: str, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in ("1", "true", "yes", "on"):
        return True
    if raw in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} must be 1 or 0.")


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list; empty items are dropped."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def numbers(name: str, default: str) -> list[int]:
    """A comma-separated list of whole numbers, none below 0."""
    raw = items(name, default)
    if not all(item.isascii() and item.isdigit() for item in raw):
        raise ImproperlyConfigured(f"{name}={','.join(raw)!r} must be whole numbers, with commas between them.")
    return [int(item) for item in raw]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks, such as 10.0.0.0/8 or fd00::/8; a single address is one, too."""
    try:
        return [ip_network(item) for item in items(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Write networks like 10.0.0.0/8,fd00::/8.") from None


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().resolve()


def database(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://user:password@host:port/name?option=value` address.

    A host that is a folder (a Unix socket) goes into the query: `postgresql://user@/name?host=/run/postgresql`.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": options.pop("port", None) or str(parts.port or ""),
        "OPTIONS": options,
    }
