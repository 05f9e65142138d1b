"""Vendors by the names that people call them: "Kraxi" is whoever is called that, or else whose name begins so."""

from collections.abc import Collection, Iterator

from analysis.rules.addresses import has_company_form
from analysis.rules.languages import plain
from analysis.search.lexical import MINE
from documents import sql

# What stands for a document's vendor, by its type.
FIELDS = ("vendor", "insurer")

_NAMED = f"select distinct issuer from analysis_result where {MINE} and issuer <> '' and issuer = any(%(names)s)"
_LONGER = (
    "select distinct r.issuer, f.value #>> '{}' from analysis_result r join analysis_field f on f.result_id = r.id"
    f" where r.{MINE} and r.issuer <> '' and f.name = any(%(fields)s)"
    " and exists (select from unnest(%(names)s::text[]) name where starts_with(r.issuer, name))"
)


def issuer_name(text: str) -> str:
    """A vendor's name as results keep their issuer's: without legal form, case, accents and punctuation."""
    words = text.split()
    while len(words) > 1 and has_company_form(words[-1]):
        words.pop()
    return plain(" ".join(words))


def known(names: Collection[str]) -> set[str]:
    """Those of the names, as `issuer_name` gives them, that are a vendor's in the caller's scope."""
    return {issuer for (issuer,) in sql.rows(_NAMED, {"names": list(names)})} if names else set()


def beginning(names: Collection[str]) -> dict[str, set[str]]:
    """By name, as `issuer_name` gives it, the issuers whose names begin with its words and go on."""
    found: dict[str, set[str]] = {}
    if names:
        for issuer, text in sql.rows(_LONGER, {"names": list(names), "fields": list(FIELDS)}):
            for name in set(_beginnings(str(text))) & set(names) - {issuer}:
                found.setdefault(name, set()).add(issuer)
    return found


def issuers(vendor: str) -> set[str]:
    """Of a vendor's name in any spelling: the issuer that has it, else those whose names begin so."""
    name = issuer_name(vendor)
    return known([name]) or beginning([name]).get(name, set())


def _beginnings(text: str) -> Iterator[str]:
    words = text.split()
    return (plain(" ".join(words[:count])) for count in range(1, len(words) + 1))
