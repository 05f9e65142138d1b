"""Form fields for what a document type's definition keeps as JSON: lines of text, and a row for each of its fields."""

from typing import Any, cast

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import slugify

from analysis import custom_types

_TYPES = {
    "text": "text",
    "code": "code or number of a thing",
    "date": "date",
    "amount": "amount of money",
    "number": "number",
    "boolean": "yes or no",
    "phone": "phone number",
    "email": "e-mail address",
    "currency": "currency",
    "iban": "IBAN",
    "tax_id": "tax id",
}
_EMPTY_ROWS = 3  # of a new definition; scripts add more


def name_of(label: str) -> str:
    """What programs call a type or field that people call so: "Net weight" is net_weight."""
    return slugify(label).replace("-", "_")[:40]


class LinesField(forms.CharField):
    """A list of texts, one in a line; empty lines go, and so does what stands there twice."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"rows": 4, "class": "vLargeTextField"}
        super().__init__(required=False, widget=forms.Textarea(attributes), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (" ".join(line.split()) for line in (value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class FieldRow(forms.Form):
    """One field of a definition."""

    label = forms.CharField(max_length=80, help_text="the words beside the value")
    type = forms.ChoiceField(choices=[(type_, _TYPES[type_]) for type_ in custom_types.FIELD_TYPES], initial="text")
    required = forms.BooleanField(required=False, help_text="a warning if it is not found")
    hints = LinesField(label="Other wordings", help_text="one in a line")
    examples = LinesField(label="Examples", help_text="as printed, one in a line")
    description = forms.CharField(required=False, max_length=500, help_text="what it is, in words")
    name = forms.CharField(required=False, max_length=40, help_text="for programs; else made of the label")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("hints", "examples"):
            self.fields[name].widget.attrs["rows"] = 2

    @property
    def is_filled(self) -> bool:
        """Whether it is one of the definition's, once it was found valid: neither left empty nor marked for removal."""
        return bool(self.cleaned_data.get("label")) and not self.cleaned_data.get("DELETE")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("name"):
            found["name"] = name_of(found.get("label", ""))
        return found


class BaseFieldRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rows of a definition, checked together."""

    def kept(self) -> list[dict[str, Any]]:
        """The fields as they are stored."""
        return [{name: form.cleaned_data[name] for name in FieldRow.base_fields} for form in self._filled()]

    def _filled(self) -> list[FieldRow]:
        return [form for form in self.forms if form.is_valid() and form.is_filled]

    def clean(self) -> None:
        """Adds each problem to its cell. Rows that can't be read at all have said so already."""
        filled = self._filled()
        for row, key, detail in custom_types.field_problems(self.kept()):
            if row is None:
                raise forms.ValidationError(detail)
            filled[row].add_error(key, detail)


FieldRows = forms.formset_factory(
    FieldRow, formset=BaseFieldRows, extra=0, can_delete=True, max_num=100, absolute_max=100
)


class FieldRowsWidget(forms.Widget):
    """The rows as a table that grows."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> BaseFieldRows:
        return cast(BaseFieldRows, FieldRows(data, prefix=name))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def id_for_label(self, id_: str) -> str:
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = value if isinstance(value, BaseFieldRows) else _unbound(name, value or [])
        if rows.is_bound:
            rows.is_valid()
        return render_to_string("admin/analysis/customtype/_fields.html", {"rows": rows})


def _unbound(name: str, fields: list[dict[str, Any]]) -> BaseFieldRows:
    rows = cast(BaseFieldRows, FieldRows(prefix=name, initial=fields))
    rows.extra = 0 if fields else _EMPTY_ROWS
    return rows


class FieldRowsField(forms.Field):
    """The fields of a definition, as they are stored."""

    widget = FieldRowsWidget

    def clean(self, value: BaseFieldRows) -> list[dict[str, Any]]:
        if not value.is_valid():
            raise forms.ValidationError([*value.non_form_errors()] or ["Correct what is marked below."])
        return value.kept()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not data.is_valid() or bool(data.kept() != (initial or []))
