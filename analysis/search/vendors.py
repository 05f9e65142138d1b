"""Vendors by the names that people call them: "Kraxi" is whoever is called that, or else whose name begins so.

An invoice's vendor is known by its result's issuer; that of a policy or claim, its insurer, by the field alone.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from analysis.rules.addresses import has_company_form
from analysis.rules.languages import plain
from analysis.search.lexical import MINE
from documents import sql

# What stands for a document's vendor, by its type.
FIELDS = ("vendor", "insurer")

_NAMED = f"select distinct issuer from analysis_result where {MINE} and issuer <> '' and issuer = any(%(names)s)"
# By ranges, which an index serves whatever the database's order of letters; their ends are given, since row-level
# security has no index used for what is worked out by a function that may leak.
_LONGER = (
    "select distinct r.issuer, f.value #>> '{}' from unnest(%(names)s::text[], %(ends)s::text[]) ranges (first, last)"
    f" cross join lateral (select id, issuer from analysis_result where {MINE} and issuer <> ''"
    " and issuer::text ~>=~ first and issuer::text ~<~ last) r"
    " join analysis_field f on f.result_id = r.id and f.name = 'vendor'"
)
_LAST = "\U0010ffff"  # behind all letters
_INSURERS = (
    "select distinct f.value #>> '{}' from analysis_field f join analysis_result r on r.id = f.result_id"
    f" where f.{MINE} and f.name = 'insurer' and r.issuer = ''"
)


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a name means: issuers of results, and insurers as their fields have them."""

    issuers: frozenset[str] = frozenset()
    insurers: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.issuers or self.insurers)


def issuer_name(text: str) -> str:
    """A vendor's name as results keep their issuer's: without legal form, case, accents and punctuation."""
    words = text.split()
    while len(words) > 1 and has_company_form(words[-1]):
        words.pop()
    return plain(" ".join(words))


def asked_name(text: str) -> str:
    """As `issuer_name`, of a name as people type it: without a legal form in small letters, too."""
    words = text.split()
    while len(words) > 1 and (has_company_form(words[-1]) or has_company_form(words[-1].upper())):
        words.pop()
    return plain(" ".join(words))


def known(names: Collection[str]) -> dict[str, Called]:
    """By name, as `issuer_name` gives it, the vendors in the caller's scope that are called so."""
    if not names:
        return {}
    issuers = {str(issuer) for (issuer,) in sql.rows(_NAMED, {"names": list(names)})}
    found = {issuer: Called(frozenset([issuer])) for issuer in issuers}
    for text in _insurers():
        if (name := issuer_name(text)) in names:
            found[name] = _with(found.get(name, Called()), insurer=text)
    return found


def beginning(names: Collection[str]) -> dict[str, Called]:
    """By name, as `issuer_name` gives it, the vendors whose names begin with its words and go on."""
    found: dict[str, Called] = {}
    if not names:
        return found
    for issuer, text in sql.rows(_LONGER, {"names": list(names), "ends": [name + _LAST for name in names]}):
        for name in _begun(str(text), names) - {issuer}:
            found[name] = _with(found.get(name, Called()), issuer=str(issuer))
    for text in _insurers():
        for name in _begun(text, names) - {issuer_name(text)}:
            found[name] = _with(found.get(name, Called()), insurer=text)
    return found


def called(vendor: str) -> Called:
    """Of a vendor's name in any spelling: those that have it, else those whose names begin with its words."""
    name = asked_name(vendor)
    return known([name]).get(name) or beginning([name]).get(name, Called())


def _with(one: Called, *, issuer: str = "", insurer: str = "") -> Called:
    return Called(one.issuers | ({issuer} - {""}), one.insurers | ({insurer} - {""}))


def _insurers() -> Iterable[str]:
    return [str(text) for (text,) in sql.rows(_INSURERS, {})]


def _begun(text: str, names: Collection[str]) -> set[str]:
    """Those of the names that the words of a text begin with."""
    return set(_beginnings(text)) & set(names)


def _beginnings(text: str) -> Iterator[str]:
    words = text.split()
    return (plain(" ".join(words[:count])) for count in range(1, len(words) + 1))
