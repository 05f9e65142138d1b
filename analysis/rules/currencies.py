"""The currency of a document: as it is printed, or as the seller's country says where "$" or nothing is."""

import re
from collections import Counter
from collections.abc import Iterator

from analysis.findings import Found
from analysis.rules.amounts import find_currencies
from analysis.rules.layout import Row
from analysis.rules.sheet import Sheet, found

_DOLLAR = "$"
_DOLLARS = frozenset({"AUD", "CAD", "HKD", "NZD", "SGD", "USD"})
_INFERRED = 0.5
# What sellers of one country alone print: the names of its taxes and registers, legal forms, states before a postcode.
_COUNTRIES = {
    "AUD": r"\bABN\b(?=\W{0,3}(?:(?i:no)\W{0,3})?\d{2})|\b(?i:pty)\b|\b(?:NSW|VIC|QLD|TAS|ACT)\W{1,2}\d{4}\b",
    "CAD": r"\bHST\b|\b(?:ON|QC|BC|AB|MB|SK|NS|NB|NL|PE)\W{1,3}[A-Z]\d[A-Z] ?\d[A-Z]\d\b",
    "HKD": r"\b(?i:hong kong)\b",
    "INR": r"\bGSTIN\b|\b[CSI]GST\b|\b(?i:pvt)\b",
    "MYR": r"\b(?i:sdn\.? ?bhd)\b",
    "NZD": r"\b(?i:new zealand)\b|\bNZBN\b",
    "SGD": r"\b(?i:pte)\b|\b(?i:singapore) \d{6}\b",
    # Without Delaware: "DE 80333" is a town in Germany.
    "USD": r"\b(?:A[LKZR]|C[AOT]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]"
    r"|W[AVIY])\.?,? \d{5}(?:-\d{4})?\b",
}
_EVIDENCE = re.compile("|".join(f"(?P<{code}>{pattern})" for code, pattern in _COUNTRIES.items()))


def find_currency(sheet: Sheet) -> Found | None:
    """The currency that stands beside most amounts.

    A dollar is that of the only country whose marks the document bears. Where no currency is printed it is that
    country's, with the mark as its place.
    """
    places = [(code, row, start, end) for row in sheet.rows for start, end, code in find_currencies(row.text)]
    marks = list(_marks(sheet))
    country = marks[0][0] if len({code for code, *_ in marks}) == 1 else None
    if not places:
        return found(*marks[0], _INFERRED) if country else None
    counts = Counter(code for code, *_ in places)
    code, count = counts.most_common(1)[0]
    _, row, start, end = next(place for place in places if place[0] == code)
    if row.text[start:end] == _DOLLAR and country in _DOLLARS:
        code = str(country)
    return found(code, row, start, end, 0.6 + 0.3 * count / len(places))


def _marks(sheet: Sheet) -> Iterator[tuple[str, Row, int, int]]:
    for row in sheet.rows:
        for match in _EVIDENCE.finditer(row.text):
            yield str(match.lastgroup), row, match.start(), match.end()
