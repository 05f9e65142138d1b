"""The admin of document types: operators define one without code, try it on a document, and switch it on."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import structlog
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from analysis import custom_types, document_types
from analysis.admin_forms import shown
from analysis.admin_type_rows import FieldRowsField, LinesField, name_of
from analysis.models import CustomType
from analysis.presenting.fields import Sureness
from analysis.rules.labelled import candidates, form_sheet
from documents.admin_parts import Admin, mark, person
from documents.models import Document

log = structlog.get_logger(__name__)

TRIED_PAGES = 20  # of a document, from its first
_OFFERED = 50  # latest documents


class CustomTypeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A definition, with a row for each field in place of its JSON."""

    evidence = LinesField(
        label="Told by",
        help_text="Phrases that stand on such documents and on few others, one in a line: “delivery note”, "
        "“packing list”. Without any, documents are of this type only if it is asked for at the upload.",
    )
    fields = FieldRowsField(label="Fields")  # type: ignore[assignment]  # the model's word for it

    class Meta:
        model = CustomType
        fields: ClassVar = ["label", "name", "description", "evidence", "fields", "active"]
        help_texts: ClassVar = {
            "label": "As people see it: Delivery note.",
            "name": "As programs see it: delivery_note; else made of the label. It stays as it is from then on.",
            "description": "What such a document is. Language models read it, if there is one.",
            "active": "Try it first, then switch it on. Switched off, no document becomes of this type any more; "
            "results that have it stay.",
        }
        widgets: ClassVar = {"description": forms.Textarea({"rows": 2, "class": "vLargeTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown: dict[str, forms.Field] = self.fields  # type: ignore[assignment]  # by then, what the form consists of
        if "name" in shown:
            shown["name"].required = False

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"] or name_of(self.cleaned_data.get("label", ""))
        if problem := custom_types.name_problem(name):
            raise forms.ValidationError(problem)
        return name

    def clean_evidence(self) -> list[str]:
        phrases: list[str] = self.cleaned_data["evidence"]
        if problems := custom_types.phrase_problems(phrases):
            raise forms.ValidationError(problems)
        return phrases


class TryForm(forms.Form):
    """Which document to try a definition on."""

    document = forms.ChoiceField(required=False, label="A document of late")
    id = forms.UUIDField(required=False, label="or the id of another")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read = Document.objects.exclude(markdown_sha256="")  # neither files of reviews nor what failed
        latest = read.order_by("-created_at").values_list("pk", "filename")[:_OFFERED]
        choices = [("", "–"), *((str(pk), filename) for pk, filename in latest)]
        self.fields["document"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> UUID | None:
        """The document's id, once one is given."""
        if not self.is_bound or not self.is_valid():
            return None
        given = self.cleaned_data["id"] or self.cleaned_data["document"]
        return UUID(str(given)) if given else None


@admin.register(CustomType)
class CustomTypeAdmin(Admin):
    """Types are the whole installation's, not a tenant's."""

    form = CustomTypeForm
    list_display = ("label", "name", "state", "field_count", "updated_at")
    list_filter = ("active",)
    search_fields = ("name", "label", "description")
    change_form_template = "admin/analysis/customtype/change_form.html"

    class Media:
        js = ("admin_vouch/types.js",)
        css: ClassVar = {"all": ("admin_vouch/types.css",)}

    @admin.display(description="State")
    def state(self, kind: CustomType) -> SafeString:
        return mark("active", "good", "check") if kind.active else mark("switched off", "plain", "minus")

    @admin.display(description="Fields")
    def field_count(self, kind: CustomType) -> int:
        return len(kind.fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """To be tried before any document becomes of the type."""
        return {"active": False, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(custom_types.forget)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(custom_types.forget)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("<int:pk>/try/", wrap(self.try_view), name="analysis_customtype_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the definition, as it is saved, would find in a document. Nothing is kept."""
        if not (self.has_view_permission(request) and person(request).has_perm("documents.view_document")):
            raise PermissionDenied
        kind = get_object_or_404(CustomType, pk=pk)
        form = TryForm(request.GET or None)
        tried = self._tried(request, kind, form.chosen) if form.chosen else {}
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try {kind.label} on a document",
            "opts": self.opts,
            "original": kind,
            "form": form,
            "most_pages": TRIED_PAGES,
            **tried,
        }
        return TemplateResponse(request, "admin/analysis/customtype/try.html", context)

    def _tried(self, request: HttpRequest, row: CustomType, document_id: UUID) -> dict[str, Any]:
        document = get_object_or_404(Document, pk=document_id)
        log.info("staff_tried_type", user_id=person(request).pk, document_id=str(document.pk), type=row.name)
        pages = [page.reading() for page in document.pages.order_by("number")[:TRIED_PAGES]]
        kind = replace(custom_types.type_of(row), active=True)
        found = candidates(form_sheet(pages, kind.fields), kind.fields)
        detected = document_types.detect(pages, document_types.all() | {kind.name: kind})
        return {
            "document": document,
            "unread": not pages,
            "detected": document_types.all().get(detected, kind).label if detected != kind.name else kind.label,
            "is_detected": detected == kind.name,
            "rows": [_row(name, spec, found.get(name, ())) for name, spec in kind.fields.items()],
        }


def _row(name: str, spec: document_types.FieldSpec, found: Any) -> dict[str, Any]:
    best = found[0] if found else None
    return {
        "name": name,
        "label": spec.label,
        "type": spec.type,
        "best": best,
        "value": shown(spec.type, best.value) if best else "",
        "sureness": Sureness.of(best.confidence, best.source) if best else None,
        "others": [str(one.value) for one in found[1:4]],
        "missing": spec.required and not best,
    }
