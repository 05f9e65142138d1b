"""What the addends come to: by currency, which are never added to each other, and by vendor or month."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from analysis.answers.computing.evaluating import NOBODY, Addend, Computed
from analysis.answers.computing.request import Aggregate, Group
from analysis.rules.languages import plain

_VALUE: Mapping[Aggregate, Callable[[list[Decimal]], Decimal]] = {
    "sum": sum,  # type: ignore[dict-item]  # of none there is no total
    "average": lambda values: (sum(values, Decimal()) / len(values)).quantize(Decimal("0.01")),
    "minimum": min,
    "maximum": max,
    "count": lambda values: Decimal(len(values)),
    "vendors": lambda values: Decimal(len(values)),
}
_KEYS: Mapping[Group, Callable[[Addend], str]] = {
    "vendor": lambda addend: plain(addend.vendor),
    "month": lambda addend: addend.date[:7],
}


@dataclass(frozen=True, slots=True)
class Total:
    """Of `count` documents; `unreviewed` of them nobody approved, and these come to `unreviewed_value`."""

    key: str
    currency: str
    value: Decimal
    count: int
    unreviewed: int
    unreviewed_value: Decimal | None
    addends: tuple[Addend, ...]


def of(computed: Computed) -> list[Total]:
    """One for each currency; a count is one for all, and vendors are counted, not their documents."""
    found = _by(computed, lambda _: "")
    if computed.request.aggregate == "vendors":
        return [replace(one, value=Decimal(len(groups(computed)))) for one in found]
    return found


def groups(computed: Computed) -> list[Total]:
    """One for each vendor or month and currency; none if none were asked for."""
    key = _KEYS.get(computed.request.group)
    return _by(computed, key) if key else []


def _by(computed: Computed, key: Callable[[Addend], str]) -> list[Total]:
    aggregate = computed.request.aggregate
    found: dict[tuple[str, str], list[Addend]] = defaultdict(list)
    for addend in computed.addends:
        if computed.request.counts or addend.value is not None:
            found[key(addend), "" if computed.request.counts else addend.currency].append(addend)
    return [_total(aggregate, addends, *names) for names, addends in sorted(found.items(), key=_order)]


def _order(item: tuple[tuple[str, str], list[Addend]]) -> tuple[str, bool, str]:
    """What has no currency comes last."""
    (key, currency), _ = item
    return key, not currency, currency


def _total(aggregate: Aggregate, addends: list[Addend], key: str, currency: str) -> Total:
    # Who a vendor is needs no look at its documents.
    unreviewed = [] if aggregate == "vendors" else [addend for addend in addends if addend.review == NOBODY]
    label = addends[0].vendor if key and key == plain(addends[0].vendor) else key
    value = _VALUE.get(aggregate, _VALUE["sum"])(_values(addends))
    left = sum(_values(unreviewed), Decimal()) if aggregate == "sum" else None
    return Total(label, currency, value, len(addends), len(unreviewed), left, tuple(addends))


def _values(addends: Iterable[Addend]) -> list[Decimal]:
    return [Decimal() if addend.value is None else addend.value for addend in addends]
