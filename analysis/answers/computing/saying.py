"""A computed answer in a sentence or some, in the question's language, so that the asker sees what was understood."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from analysis.answers.computing.evaluating import Computed
from analysis.answers.computing.request import Language, Request
from analysis.answers.computing.totals import Total
from analysis.search.hits import Condition

Texts = Mapping[str, str]

_EN: Texts = {
    "sum": "{field} of {what}: {value}.", "average": "Average {field_lower} of {what}: {value}.",
    "minimum": "Lowest {field_lower} of {what}: {value}.", "maximum": "Highest {field_lower} of {what}: {value}.",
    "count": "{what}.", "none": "There are no {what}.",
    "stranger": "No document is of a vendor named {vendor}.",
    "no_value": "Nothing states it: {field_lower} of {what}.",
    "from": "from {vendor}", "between": "dated {since} to {until}",
    "since": "dated {since} or later", "until": "dated {until} or earlier", "total": "with a total {op} {value}",
    "in": "in {currency}", ">": "over", ">=": "of at least", "<": "under", "<=": "of at most", "=": "of",
    "unreviewed": "Of these, {count} unreviewed: {value}.", "unreviewed_count": "Of these, {count} unreviewed.",
    "duplicates": "{count} duplicates were counted once.", "duplicates_1": "A duplicate was counted once.",
    "without_value": "Left out, for they don't state it: {count}.",
    "without_date": "Left out, for they have no date: {count}.",
    "unknown": "without a currency", "and": "and", "invoice": "invoice|invoices", "receipt": "receipt|receipts",
    "insurance_policy": "policy|policies", "insurance_claim": "claim|claims", "": "document|documents",
    "field_total": "Total", "field_tax": "Tax", "field_subtotal": "Subtotal", "field_amount_due": "Amount due",
    "field_premium": "Premium", "field_deductible": "Deductible", "field_": "",
}  # fmt: skip
_DE: Texts = {
    "sum": "{field} von {what}: {value}.", "average": "Durchschnitt ({field}) von {what}: {value}.",
    "minimum": "Niedrigster Wert ({field}) von {what}: {value}.",
    "maximum": "Höchster Wert ({field}) von {what}: {value}.",
    "count": "{what}.", "none": "Es gibt keine {what}.",
    "stranger": "Kein Dokument ist von einem Lieferanten namens {vendor}.",
    "no_value": "Nichts davon angegeben: {field} von {what}.",
    "from": "von {vendor}", "between": "vom {since} bis {until}",
    "since": "ab {since}", "until": "bis {until}", "total": "mit Gesamtbetrag {op} {value}",
    "in": "in {currency}", ">": "über", ">=": "ab", "<": "unter", "<=": "bis", "=": "von",
    "unreviewed": "Davon ungeprüft: {count}, {value}.", "unreviewed_count": "Davon ungeprüft: {count}.",
    "duplicates": "{count} Duplikate sind einmal gezählt.", "duplicates_1": "Ein Duplikat ist einmal gezählt.",
    "without_value": "Ohne Angabe und nicht dabei: {count}.", "without_date": "Ohne Datum und nicht dabei: {count}.",
    "unknown": "ohne Währung", "and": "und", "invoice": "Rechnung|Rechnungen", "receipt": "Beleg|Belege",
    "insurance_policy": "Police|Policen", "insurance_claim": "Schadenmeldung|Schadenmeldungen",
    "": "Dokument|Dokumente",
    "field_total": "Gesamtbetrag", "field_tax": "Steuer", "field_subtotal": "Nettobetrag",
    "field_amount_due": "Zahlbetrag", "field_premium": "Prämie", "field_deductible": "Selbstbeteiligung", "field_": "",
}  # fmt: skip
_TEXTS: Mapping[Language, Texts] = {"en": _EN, "de": _DE}


def text_of(computed: Computed, totals: Sequence[Total], groups: Sequence[Total]) -> str:
    """The first sentence has the result; the next ones say what it holds and what it doesn't."""
    return "\n".join(
        [" ".join([result_of(computed, totals), *_remarks(computed, totals)]), *_group_lines(computed.request, groups)]
    )


def result_of(computed: Computed, totals: Sequence[Total]) -> str:
    request = computed.request
    texts = _TEXTS[request.language]
    field = texts[f"field_{request.field}"]
    if request.stranger:
        return texts["stranger"].format(vendor=request.vendor)
    parts = {"field": field, "field_lower": field if request.language == "de" else field.lower()}
    if not totals:
        name = "no_value" if computed.without_value else "none"
        return texts[name].format(what=_what(request, computed.without_value), **parts)
    what = _what(request, sum(total.count for total in totals), counted=True)
    return texts[request.aggregate].format(
        what=what, value=_list([_money(one, request) for one in totals], texts), **parts
    )


def _what(request: Request, count: int, *, counted: bool = False) -> str:
    """ "3 invoices from Kraxi, dated …", as far as it was asked for."""
    texts = _TEXTS[request.language]
    one, many = texts[request.kinds[0] if request.kinds and request.kinds[0] in texts else ""].split("|")
    noun = one if count == 1 else many
    parts = [f"{_number(Decimal(count), request.language, cents=False)} {noun}" if counted else noun]
    if request.vendor:
        parts.append(texts["from"].format(vendor=request.vendor))
    parts += [_condition(condition, request, texts) for condition in request.conditions]
    if request.currency:
        parts.append(texts["in"].format(currency=request.currency))
    if period := _period(request, texts):
        parts.append(period)
    return " ".join(parts)


def _condition(condition: Condition, request: Request, texts: Texts) -> str:
    value = Decimal(str(condition.value))
    return texts["total"].format(op=texts[condition.op], value=_number(value, request.language))


def _period(request: Request, texts: Texts) -> str:
    name = "between" if request.since and request.until else "since" if request.since else "until"
    days = {"since": request.since, "until": request.until}
    said = {key: format_date(day, "medium", locale=request.language) for key, day in days.items() if day}
    return texts[name].format(**said) if said else ""


def _remarks(computed: Computed, totals: Sequence[Total]) -> list[str]:
    request, texts = computed.request, _TEXTS[computed.request.language]
    remarks = []
    unreviewed = sum(total.unreviewed for total in totals)
    sums = [
        _amount(one.unreviewed_value, one.currency, request)
        for one in totals
        if one.unreviewed and one.unreviewed_value is not None
    ]
    if unreviewed:
        name = "unreviewed" if sums else "unreviewed_count"
        remarks.append(texts[name].format(count=unreviewed, value=_list(sums, texts)))
    if computed.duplicates:
        name = "duplicates_1" if computed.duplicates == 1 else "duplicates"
        remarks.append(texts[name].format(count=computed.duplicates))
    for name in ("without_value", "without_date"):
        if (count := getattr(computed, name)) and (totals or name == "without_date"):
            remarks.append(texts[name].format(count=count))
    return remarks


def _group_lines(request: Request, groups: Sequence[Total]) -> list[str]:
    return [f"{total.key or '–'}: {_money(total, request)}" for total in groups]


def _money(total: Total, request: Request) -> str:
    if request.aggregate == "count":
        return str(total.count)
    named = total.addends[0].filename if request.aggregate in ("minimum", "maximum") else ""
    best = next((one for one in total.addends if one.value == total.value), None) if named else None
    amount = _amount(total.value, total.currency, request)
    return f"{amount} ({best.vendor or best.filename}, {best.date or best.filename})" if best else amount


def _amount(value: Decimal, currency: str, request: Request) -> str:
    return f"{_number(value, request.language)} {currency or _TEXTS[request.language]['unknown']}"


def _number(value: Decimal, language: Language, *, cents: bool = True) -> str:
    return str(format_decimal(value, "#,##0.00" if cents else "#,##0", locale=language))


def _list(parts: Sequence[str], texts: Texts) -> str:
    return f" {texts['and']} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
