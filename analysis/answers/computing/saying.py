"""A computed answer in a sentence or some, in the question's language, so that the asker sees what was understood."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from analysis.answers.computing.evaluating import NOBODY, Addend, Computed
from analysis.answers.computing.request import DUE, Language, Request
from analysis.answers.computing.texts import TEXTS, Texts
from analysis.answers.computing.totals import Total
from analysis.search.hits import Condition

_ONES = ("latest", "earliest")  # of which each is told


def text_of(computed: Computed, totals: Sequence[Total], groups: Sequence[Total]) -> str:
    """The first sentence has the result; the next ones say what it holds and what it doesn't."""
    return "\n".join(
        [" ".join([result_of(computed, totals), *_remarks(computed, totals)]), *_group_lines(computed.request, groups)]
    )


def result_of(computed: Computed, totals: Sequence[Total]) -> str:
    request = computed.request
    texts = TEXTS[request.language]
    field = texts[f"field_{request.field}"]
    if request.stranger:
        return texts["stranger"].format(vendor=request.vendor)
    parts = {"field": field, "field_lower": field if request.language == "de" else field.lower()}
    if not computed.addends:
        name = "no_value" if computed.without_value else "none"
        what = _what(request, computed.without_value, case=texts["case"] if computed.without_value else "")
        return texts[name].format(what=what, **parts)
    case = "" if request.aggregate in ("count", "list") else texts["case"]
    what = _what(request, len(computed.addends), counted=True, case=case)
    name = request.aggregate if totals or request.aggregate != "list" else "listed"
    values = _each(computed.addends, request) if name in _ONES else [_money(one, request) for one in totals]
    one = _what(request, len(computed.addends))
    return texts[name].format(what=what, one=one, value=_list(values, texts), **parts)


def _each(addends: Sequence[Addend], request: Request) -> list[str]:
    return [
        f"{_amount(one.value, one.currency, request)} ({_called(one)})" if one.value is not None else _called(one)
        for one in addends
    ]


def _called(addend: Addend) -> str:
    return f"{addend.vendor or addend.filename}, {addend.date or addend.filename}"


def _what(request: Request, count: int, *, counted: bool = False, case: str = "") -> str:
    """ "3 invoices from Kraxi, dated …", as far as it was asked for; `case` as it is in the texts, where it matters."""
    texts = TEXTS[request.language]
    kind = request.kinds[0] if request.kinds and request.kinds[0] in texts else ""
    one, many = texts.get(f"{kind}_{case}", texts[kind]).split("|")
    noun = one if count == 1 else many
    parts = [f"{_number(Decimal(count), request.language, cents=False)} {noun}" if counted else noun]
    if request.vendor:
        parts.append(texts["from"].format(vendor=request.vendor))
    parts += filter(None, [_amounts([one for one in request.conditions if one.field != DUE], request, texts)])
    if request.review:
        parts.append(texts[f"review_{request.review}"])
    if request.currency:
        parts.append(texts["in"].format(currency=request.currency))
    parts += filter(None, (_period(request, texts), _due(request, texts)))
    return " ".join(parts)


def _amounts(conditions: Sequence[Condition], request: Request, texts: Texts) -> str:
    """ "with a total of at least 10 and of at most 20" """
    parts = [f"{texts[one.op]} {_number(Decimal(str(one.value)), request.language)}" for one in conditions]
    return texts["total"].format(amounts=_list(parts, texts)) if parts else ""


def _period(request: Request, texts: Texts) -> str:
    return _days(request.since, request.until, request, texts)


def _due(request: Request, texts: Texts) -> str:
    days = {one.op: one.value for one in request.conditions if one.field == DUE and isinstance(one.value, date)}
    if before := days.get("<"):
        return texts["due_before"].format(until=_day(before, request))
    return _days(days.get(">="), days.get("<="), request, texts, "due_")


def _days(since: date | None, until: date | None, request: Request, texts: Texts, about: str = "") -> str:
    name = "between" if since and until else "since" if since else "until"
    said = {key: _day(day, request) for key, day in {"since": since, "until": until}.items() if day}
    return texts[about + name].format(**said) if said else ""


def _day(day: date, request: Request) -> str:
    return str(format_date(day, "medium", locale=request.language))


def _remarks(computed: Computed, totals: Sequence[Total]) -> list[str]:
    request, texts = computed.request, TEXTS[computed.request.language]
    remarks = []
    is_told = request.review or request.aggregate == "vendors"
    unreviewed = 0 if is_told else sum(one.review == NOBODY for one in computed.addends)
    sums = [
        _amount(one.unreviewed_value, one.currency, request)
        for one in totals
        if one.unreviewed and one.unreviewed_value is not None
    ]
    if unreviewed:
        name = "unreviewed" if sums else "unreviewed_count"
        remarks.append(texts[name].format(count=unreviewed, value=_list(sums, texts)))
    if computed.duplicates and request.aggregate not in _ONES:
        name = "duplicates_1" if computed.duplicates == 1 else "duplicates"
        remarks.append(texts[name].format(count=computed.duplicates))
    if computed.without_value and totals:
        remarks.append(texts["without_value"].format(count=computed.without_value))
    if computed.without_date:
        name = "without_due" if request.by_due_date else "without_date"
        remarks.append(texts[name].format(count=computed.without_date))
    if request.by_due_date and computed.addends:
        remarks.append(texts["unpaid"])
    return remarks


def _group_lines(request: Request, groups: Sequence[Total]) -> list[str]:
    return [f"{total.key or '–'}: {_money(total, request)}" for total in groups]


def _money(total: Total, request: Request) -> str:
    if request.aggregate == "vendors" and not total.key:
        one, many = TEXTS[request.language]["vendors_noun"].split("|")
        return f"{total.value} {one if total.value == 1 else many}"
    if request.counts:
        return str(total.count)
    if request.aggregate not in ("minimum", "maximum"):
        return _amount(total.value, total.currency, request)
    values = [one for one in total.addends if one.value is not None]
    values.sort(key=lambda one: one.value or 0, reverse=request.aggregate == "maximum")
    return _list(_each(values[: request.limit], request), TEXTS[request.language])


def _amount(value: Decimal, currency: str, request: Request) -> str:
    return f"{_number(value, request.language)} {currency or TEXTS[request.language]['unknown']}"


def _number(value: Decimal, language: Language, *, cents: bool = True) -> str:
    return str(format_decimal(value, "#,##0.00" if cents else "#,##0", locale=language))


def _list(parts: Sequence[str], texts: Texts) -> str:
    return f" {texts['and']} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
