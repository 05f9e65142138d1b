"""The admin of what came in: users, workspaces with their members, documents with their pages."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analysis import parts, submission
from analysis.presenting import progress, verdicts
from documents import alphabets, content, sniffing
from documents.admin_parts import Admin, Inline, ReadOnlyAdmin, confirm, link, link_to, mark, person, run_for_each
from documents.downloads import attachment
from documents.errors import Conflict, DomainError
from documents.models import Document, Membership, User, Workspace
from documents.removal import remove
from jobs import control
from jobs.models import OPEN, Job, Priority

if TYPE_CHECKING:
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    BaseUserAdmin = DjangoUserAdmin

log = structlog.get_logger(__name__)

admin.site.site_header = admin.site.site_title = "Vouch"
admin.site.index_title = "Overview"
admin.site.enable_nav_sidebar = False  # lists and pages need the room

_PAGES_SHOWN = 200
_MEDIA_TYPES = {
    "pdf": ("PDF", (sniffing.PDF,)),
    "image": ("Image", tuple(sniffing.IMAGES)),
    "docx": ("Word document", (sniffing.DOCX,)),
    "xml": ("E-invoice XML", (sniffing.XML,)),
    "text": ("Text", (sniffing.TEXT, sniffing.MARKDOWN)),
}
_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class UserAdmin(BaseUserAdmin):
    """Users are switched off and not deleted: their workspace's documents and what they corrected must stay.

    Only superusers give powers, or touch those who have all: else whoever may edit users could make themselves one.
    """

    list_display = (
        "username",
        "email",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "last_login",
        "date_joined",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    date_hierarchy = "date_joined"
    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        above = obj is not None and obj.is_superuser and not person(request).is_superuser
        return not above and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        fixed = ("last_login", "date_joined")
        return fixed if person(request).is_superuser else (*fixed, *_POWERS)


class MembershipInline(Inline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "workspace")


@admin.register(Workspace)
class WorkspaceAdmin(Admin):
    list_display = ("name", "personal_owner", "members_count", "documents_count", "created_at")
    list_select_related = ("personal_owner",)
    search_fields = ("name", "personal_owner__username")
    readonly_fields = ("id", "personal_owner", "created_at")
    fields = ("name", "personal_owner", "id", "created_at")
    inlines = (MembershipInline,)
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        """Counted in subqueries, so that only the rows of one page of the list are."""
        found: QuerySet[Workspace] = super().get_queryset(request)
        return found.annotate(members_=_count(Membership), documents_=_count(Document))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # it would take its documents along, and leave their bytes behind

    @admin.display(description="Members")
    def members_count(self, workspace: Any) -> int:
        return workspace.members_ or 0

    @admin.display(description="Documents")
    def documents_count(self, workspace: Any) -> int:
        return workspace.documents_ or 0


def _count(model: type[Model]) -> Subquery:
    rows = model._default_manager.filter(workspace=OuterRef("pk")).order_by().values("workspace")
    return Subquery(rows.annotate(n=Count("pk")).values("n"))


class MediaTypeFilter(admin.SimpleListFilter):
    """The types that there can be; asking the table which there are would read all of it."""

    title, parameter_name = "type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in _MEDIA_TYPES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = _MEDIA_TYPES.get(self.value() or "")
        return queryset.filter(media_type__in=chosen[1]) if chosen else queryset


_STATE = ("status", "partial", "pipeline", "held")  # what a job is shown by


class ReadingForm(forms.Form):
    """What scans are written in."""

    alphabet = forms.ChoiceField(choices=[("", "as before"), *alphabets.NAMES.items()], required=False)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("filename", "type", "pages_count", "bytes", "state", "workspace", "uploaded_by", "created_at")
    list_filter = (MediaTypeFilter, "created_at")
    list_select_related = ("workspace", "uploaded_by")
    search_fields = ("filename", "sha256__startswith", "workspace__name", "uploaded_by__username")
    search_help_text = "A file name, the start of a SHA-256, a workspace, a user, or an id."
    date_hierarchy = "created_at"
    actions = ("reprocess", "join", "remove_documents")
    readonly_fields = ("type", "bytes", "part_of", "holds")
    fieldsets = (
        (None, {"fields": ("filename", "type", "page_count", "bytes", "sha256")}),
        ("Origin", {"fields": ("workspace", "uploaded_by", "created_at", "id")}),
        ("Parts", {"fields": ("part_of", "holds", "joined")}),
        ("Reading", {"fields": ("reading_version", "markdown_sha256", "storage_key")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        latest = Job.objects.filter(document=OuterRef("pk")).order_by("-created_at")
        states = {f"job_{name}": Subquery(latest.values(name)[:1]) for name in _STATE}
        found: QuerySet[Document] = super().get_queryset(request)
        return found.defer("markdown").annotate(**states)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<uuid:document_id>/file/", view, name="documents_document_file"), *super().get_urls()]

    @admin.display(description="Type", ordering="media_type")
    def type(self, document: Document) -> str:
        return next(
            (label for label, types in _MEDIA_TYPES.values() if document.media_type in types), document.media_type
        )

    @admin.display(description="Pages", ordering="page_count")
    def pages_count(self, document: Document) -> str:
        return "–" if document.page_count is None else str(document.page_count)

    @admin.display(description="Size", ordering="size")
    def bytes(self, document: Document) -> str:
        return filesizeformat(document.size)

    @admin.display(description="Part of")
    def part_of(self, document: Document) -> SafeString | str:
        return format_html("{}, {}", link(document.parent), _pages(document)) if document.is_part else "–"

    @admin.display(description="Holds")
    def holds(self, document: Document) -> SafeString | str:
        found = document.parts.defer("markdown").order_by("first_page", "last_page")
        return format_html_join(", ", "{}", ((link(part),) for part in found)) or "–"

    @admin.display(description="Latest job")
    def state(self, document: Any) -> SafeString | str:
        if document.job_status is None:
            return "–"
        shown = progress.state(Job(**{name: getattr(document, f"job_{name}") for name in _STATE}))
        return mark(shown.word, shown.tone, shown.icon)

    @admin.action(description="Read again…", permissions=["operate"])
    def reprocess(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse | None:
        question = "Read these documents again? Each gets a new job, and its earlier results stay."
        form = ReadingForm(request.POST if request.POST.get("confirmed") else None)
        page = confirm(self, request, queryset, question=question, button="Read again", form=form)
        if page is not None:
            return page
        user, alphabet = person(request), form.cleaned_data["alphabet"]
        return run_for_each(
            self,
            request,
            queryset,
            lambda document: _read_again(document, user, alphabet),
            done="sent to be read again",
        )

    @admin.action(description="Is one document…", permissions=["remove"])
    def join(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse | None:
        question = "Are these one document each? Their parts are deleted for good, with what people did to them."
        page = confirm(self, request, queryset, question=question, button="Join the parts")
        if page is not None:
            return page
        user = person(request)
        return run_for_each(
            self, request, queryset, lambda one: parts.join(one.pk, user=user, confirmed=True), done="joined"
        )

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return person(request).has_perm("documents.delete_document")

    @admin.action(description="Delete for good…", permissions=["remove"])
    def remove_documents(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse | None:
        question = "Delete these documents for good, with their files, jobs and results?"
        page = confirm(self, request, queryset, question=question, button="Delete for good")
        if page is not None:
            return page
        user = person(request)
        return run_for_each(self, request, queryset, lambda document: _remove(document, user), done="deleted for good")

    def file_view(self, request: HttpRequest, document_id: UUID) -> HttpResponseBase:
        """The document as it came in, always as an attachment: it may be anything."""
        document = get_object_or_404(Document.objects.defer("markdown"), pk=document_id)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        log.info("staff_took_document", document=str(document.pk), user=person(request).pk)
        try:
            file = content.open_file(document)
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("admin:documents_document_change", document.pk)
        return attachment(
            request, file, filename=document.filename, media_type="application/octet-stream", size=document.size
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        document = self.get_object(request, object_id)
        allowed = isinstance(document, Document) and self.has_view_permission(request, document)
        extra = _contents(document) if allowed else {}  # type: ignore[arg-type]
        extra |= {"can_operate": self.has_operate_permission(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})


def _pages(part: Document) -> str:
    return f"pages {part.first_page} to {part.last_page}"


def _read_again(document: Document, user: User, alphabet: str) -> Job:
    latest = document.jobs.order_by("-created_at").first()
    if latest and latest.status in OPEN:
        raise Conflict("job_open", "It is being read already. Wait for that, or cancel the job.")
    if latest is None:
        return submission.submit(document, user=user, alphabet=alphabet, priority=Priority.BULK)
    alphabet = alphabet or submission.alphabet_of(latest)
    return submission.submit(document, user=user, kind=latest.kind, alphabet=alphabet, priority=Priority.BULK)


def _remove(document: Document, user: User) -> None:
    control.cancel_open(document.jobs.all(), user=user)
    remove(document)


def _contents(document: Document) -> dict[str, Any]:
    """A document's pages, jobs and results, for its page."""
    pages = list(document.pages.defer("words", "markdown")[: _PAGES_SHOWN + 1])
    jobs = [(job, progress.state(job)) for job in document.jobs.order_by("-created_at")[:20]]
    results = document.results.select_related("approved_by").defer("line_items", "extra").order_by("-created_at")[:20]
    return {
        "title": document.filename,
        "subtitle": None,
        "pages": pages[:_PAGES_SHOWN],
        "pages_left_out": (document.page_count or 0) - _PAGES_SHOWN if len(pages) > _PAGES_SHOWN else 0,
        "jobs": [(link_to(Job, job.pk, str(job.pk)[:8]), mark(s.word, s.tone, s.icon), job) for job, s in jobs],
        "results": [(result, _stamp(result)) for result in results],
    }


def _stamp(result: Any) -> SafeString:
    shown = verdicts.verdict(result)
    return mark(shown.word, shown.tone, shown.icon)
