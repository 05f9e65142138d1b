"""What a document's scans are written in, if somebody said so: its reading's version then names it."""

NAMES = {"latin": "Latin letters", "all": "Latin, Greek, Chinese and Japanese"}
_MARK = " alphabet-"


def marked(version: str, alphabet: str) -> str:
    """The version of a reading for which this alphabet was asked; without one, the version as it is."""
    return version + _MARK + alphabet if alphabet else version


def of(version: str) -> str:
    """The alphabet that was asked for; blank: the installation's."""
    return version.rpartition(_MARK)[2] if _MARK in version else ""
