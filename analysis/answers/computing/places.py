"""Names that are of places rather than of vendors: countries, and what stands in the documents' addresses."""

import re
from functools import lru_cache

from babel import Locale

from analysis.models import Field

_ADDRESSES = ("address", "buyer_address")


def is_place(name: str) -> bool:
    """Whether it is a country's name in English or German, or stands in an address, in the caller's scope."""
    if name.casefold() in _countries():
        return True
    return Field.objects.filter(name__in=_ADDRESSES, value__iregex=rf"\m{re.escape(name)}\M").exists()


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(name.casefold() for code in ("en", "de") for name in Locale(code).territories.values())
