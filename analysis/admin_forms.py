"""Values as form fields: shown as people write them, read back as results keep them, changed only if retyped."""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, cast

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from django import forms
from django.http import QueryDict
from django.utils.translation import get_language

from analysis import values
from analysis.findings import Value
from analysis.values import LONGEST

_LONG = 48  # characters from which a text gets a second line

TAX_TYPES = {"rate": "number", "base": "amount", "tax": "amount"}
# In the order of the screen. A quantity or a price has no fixed decimals; group marks would make it ambiguous to type.
LINE_TYPES = {
    "description": "text",
    "quantity": "number",
    "unit": "text",
    "unit_price": "number",
    "tax_rate": "number",
    "amount": "amount",
}

_CELLS = {
    "description": "Description",
    "quantity": "Quantity",
    "unit": "Unit",
    "unit_price": "Unit price",
    "amount": "Amount",
    "tax_rate": "Tax %",
    "rate": "Rate %",
    "base": "Net",
    "tax": "Tax",
}


def shown(type_: str, value: object) -> str:
    """A kept value as people write it in the language of the page: 1.005,55 or 1,005.55; 01.03.2024 or 2024-03-01."""
    text = "" if value is None else str(value)
    if type_ in ("amount", "number"):
        return _number(text, "#,##0.00####" if type_ == "amount" else "0.######")
    if type_ == "date" and _locale().language == "de" and len(text) == 10:
        return ".".join(reversed(text.split("-")))
    if type_ == "iban":
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return text


def _number(text: str, pattern: str) -> str:
    try:
        return format_decimal(Decimal(text), format=pattern, locale=_locale())
    except InvalidOperation:
        return text


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def same(typed: str, before: str) -> bool:
    """Spaces and line ends are the browser's, not the person's."""
    return typed.split() == before.split()


class ValueField(forms.CharField):
    """One value. What it means is read by the form, and only where it was retyped."""

    def __init__(self, type_: str, *, label: str = "", value: object = None) -> None:
        text = shown(type_, value)
        attributes = {"autocomplete": "off", "spellcheck": "false", "data-type": type_}
        if type_ in ("amount", "number"):
            attributes["inputmode"] = "decimal"
        widget: forms.Widget = forms.TextInput(attributes)
        if len(text) > _LONG:
            widget = forms.Textarea(attributes | {"rows": "2"})
        super().__init__(required=False, label=label, initial=text, max_length=LONGEST, widget=widget)


def carried(text: str | None) -> dict[str, Any]:
    """What a hidden field brought back; nothing if that was tampered with: then every value counts as retyped."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class BaseField(forms.JSONField):
    """What the page was made from, carried along: against it we know what a person retyped and what others changed."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput, initial=dict)

    def clean(self, value: Any) -> dict[str, Any]:
        return carried(value)


class ValuesForm(forms.Form):
    """The scalar fields of a result: `types` and `labels` by name, as the schema has them, and the `kept` values."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    base = BaseField()

    def __init__(
        self,
        types: Mapping[str, str],
        labels: Mapping[str, str],
        kept: Mapping[str, Any],
        *,
        version: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(initial={"version": version, "base": dict(kept)}, **kwargs)
        self.types = {name: type_ for name, type_ in types.items() if type_ != "taxes"}
        for name, type_ in self.types.items():
            field = ValueField(type_, label=labels[name], value=kept.get(name))
            field.widget.attrs["aria-describedby"] = f"id_{_key(name)}_notes"
            self.fields[_key(name)] = field

    @property
    def base_values(self) -> dict[str, Any]:
        """What the person saw when the page was opened. Only for a form with data."""
        return carried(self["base"].data)

    def values(self) -> Iterator[tuple[str, forms.BoundField]]:
        for name in self.types:
            yield name, self[_key(name)]

    def typed(self) -> set[str]:
        """The fields that the person retyped."""
        base = self.base_values
        before = {name: shown(type_, base.get(name)) for name, type_ in self.types.items()}
        return {name for name, field in self.values() if field.data is not None and not same(field.data, before[name])}

    def changes(self) -> dict[str, Value | None]:
        """The retyped values in the form that results keep. Adds an error to each that can't be read."""
        changes: dict[str, Value | None] = {}
        typed = self.typed()
        for name in (name for name in self.types if name in typed):
            try:
                changes[name] = values.normalise(self.types[name], self.cleaned_data.get(_key(name)))
            except values.Unusable as error:
                self.add_error(_key(name), str(error))
        return changes


def _key(name: str) -> str:
    return f"value-{name}"


class RowForm(forms.Form):
    """One row of a table: a line item or a tax. `origin` is the row as it is kept, with its place on the page."""

    types: ClassVar[Mapping[str, str]]

    origin = BaseField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial or {}
        self.initial = {"origin": kept}
        for name, type_ in self.types.items():
            self.fields[name] = ValueField(type_, label=_CELLS[name], value=kept.get(name))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        origin = found.get("origin", {})
        row = {name: self._value(name, type_, origin) for name, type_ in self.types.items()}
        self.row = row | {name: origin.get(name) for name in ("page", "box")} if _placed(origin) else row
        return found

    def _value(self, name: str, type_: str, origin: dict[str, Any]) -> Any:
        text = self.cleaned_data.get(name, "")
        if same(text, shown(type_, origin.get(name))):
            return origin.get(name)
        try:
            return values.normalise("amount" if type_ == "number" else type_, text)
        except values.Unusable as error:
            self.add_error(name, str(error))
            return None

    def touched(self) -> bool:
        """Whether the person added, removed or retyped it."""
        if self["DELETE"].data:
            return True
        origin = carried(self["origin"].data)
        return any(
            not same(cell.data or "", shown(self.types[cell.name], origin.get(cell.name))) for cell in self.cells()
        )

    def cells(self) -> list[forms.BoundField]:
        return [self[name] for name in self.types]

    def has_changed(self) -> bool:
        """The formset asks, to skip rows that were added and left empty; we drop those ourselves."""
        return True


class LineForm(RowForm):
    types = LINE_TYPES


class TaxForm(RowForm):
    types = TAX_TYPES


class RowFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rows of a table. A row whose cells were not sent is as it was: pages send only the rows that were edited."""

    def __init__(self, data: QueryDict | None, *, prefix: str, rows: Iterable[dict[str, Any]]) -> None:
        super().__init__(data and _completed(data, prefix, self.form.types), prefix=prefix, initial=list(rows))

    def kept_rows(self) -> list[dict[str, Any]]:
        """The rows that remain, in order, without empty ones. Only when valid."""
        rows = [form.row for form in self.forms if not form.cleaned_data.get("DELETE")]
        return [row for row in rows if any(row[name] for name in self.form.types)]

    def typed(self) -> bool:
        """Whether the person added, removed or retyped a row."""
        return any(form.touched() for form in self.forms)


def _placed(origin: dict[str, Any]) -> bool:
    box = origin.get("box")
    numbers = isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)
    return numbers and isinstance(origin.get("page"), int)


def _completed(data: QueryDict, prefix: str, types: Mapping[str, str]) -> QueryDict:
    data = data.copy()
    for key in [key for key in data if key.startswith(f"{prefix}-") and key.endswith("-origin")]:
        row, origin = key.removesuffix("origin"), carried(str(data[key]))
        if not any(f"{row}{name}" in data for name in types):
            data.update({f"{row}{name}": shown(type_, origin.get(name)) for name, type_ in types.items()})
    return data


def _table(form: type[RowForm], most: int) -> type[RowFormSet]:
    made = forms.formset_factory(form, formset=RowFormSet, extra=0, can_delete=True, max_num=most, absolute_max=most)
    return cast(type[RowFormSet], made)


LineFormSet, TaxFormSet = _table(LineForm, 1_000), _table(TaxForm, 100)
