"""Names that are of places rather than of vendors: countries, and what stands in the documents' addresses."""

import re

from analysis.models import Field
from analysis.rules.addresses import is_country

_ADDRESSES = ("address", "buyer_address")


def is_place(name: str) -> bool:
    """Whether it is a country's name, or stands in an address, in the caller's scope."""
    return (
        is_country(name) or Field.objects.filter(name__in=_ADDRESSES, value__iregex=rf"\m{re.escape(name)}\M").exists()
    )
