"""What the admins of all rooms share: read-only rows, marks, and actions that are confirmed and reported row by row."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.errors import DomainError
from documents.models import User
from documents.templatetags.vouch import icon

if TYPE_CHECKING:  # generic for the type checker alone
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    Admin, Inline = admin.ModelAdmin, admin.TabularInline

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 1_000  # rows of one action: it runs in one request and one transaction
_LISTED = 20
_REASONS = 5


class ReadOnlyAdmin(Admin):
    """Rows that the product alone writes: people read them and, with the change permission, act on them."""

    list_per_page = 50
    show_full_result_count = False
    id_fields: tuple[str, ...] = ("pk",)  # an id pasted into the search box is looked up in these alone

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Named in the actions' `permissions`."""
        codename = get_permission_codename("change", self.opts)
        return person(request).has_perm(f"{self.opts.app_label}.{codename}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            identifier = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        conditions = (Q(**{name: identifier}) for name in self.id_fields)
        return queryset.filter(reduce(or_, conditions)), False


def person(request: HttpRequest) -> User:
    """Who is signed in; the admin lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def mark(word: str, tone: str, sign: str) -> SafeString:
    """A state as a drawn sign and a word. Tones are good, plain, warning and error."""
    return format_html('<span class="mark mark-{}">{}{}</span>', tone, icon(sign), word)


def link(obj: models.Model | None, text: str = "") -> SafeString | str:
    """To the object's own page in the admin."""
    if obj is None:
        return "–"
    return link_to(type(obj), obj.pk, text or str(obj))


def link_to(model: type[models.Model], pk: Any, text: str) -> SafeString:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
    return format_html('<a href="{}">{}</a>', url, text)


def confirm(
    model_admin: Admin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    question: str,
    button: str,
    form: Form | None = None,
) -> HttpResponse | None:
    """The page that asks before an action does anything; None once the answer is yes, and `form`, if any, is valid."""
    count = queryset.count()
    if count > MOST_AT_ONCE:
        messages.error(request, f"{count:,} are too many at once. Narrow the list to {MOST_AT_ONCE:,} and try again.")
        return HttpResponseRedirect(request.get_full_path())
    if request.POST.get("confirmed") and (form is None or form.is_valid()):
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question,
        "opts": model_admin.opts,
        "objects": queryset[:_LISTED],
        "more": max(0, count - _LISTED),
        "button": button,
        "form": form,
        "action": request.POST["action"],
        "across": request.POST.get("select_across") == "1",
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "back": request.POST.get("back", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def run_for_each(
    model_admin: Admin, request: HttpRequest, queryset: QuerySet[Any], act: Callable[[Any], Any], *, done: str
) -> HttpResponse | None:
    """Does it to each row in a savepoint of its own, logs it, and says what was done and what was refused, and why.

    `done` completes "3 jobs …" and goes into the log of each row.
    """
    succeeded, refused = 0, []
    for obj in queryset:
        try:
            with transaction.atomic():
                model_admin.log_change(request, obj, f"{done.capitalize()}.")  # first: afterwards it may be gone
                act(obj)
        except DomainError as error:
            refused.append(f"{obj}: {error.detail}")
        except ObjectDoesNotExist:
            refused.append(f"{obj} is gone.")
        except Exception:  # whatever is wrong with this row, the others are not to blame
            log.exception("action_failed", action=done, object=str(obj.pk))
            refused.append(f"{obj}: this failed for a reason that is in the log.")
        else:
            succeeded += 1
    _report(model_admin, request, succeeded, refused, done)
    return _back(model_admin, request)


def _report(model_admin: Admin, request: HttpRequest, succeeded: int, refused: list[str], done: str) -> None:
    name = model_admin.opts.verbose_name if succeeded == 1 else model_admin.opts.verbose_name_plural
    if succeeded:
        messages.success(request, f"{succeeded} {name} {done}.")
    for reason in refused[:_REASONS]:
        messages.error(request, reason)
    if len(refused) > _REASONS:
        messages.error(request, f"{len(refused) - _REASONS} more were refused.")


def _back(model_admin: Admin, request: HttpRequest) -> HttpResponse | None:
    """To the object whose page the action was started from; else the admin goes back to the list."""
    if not (pk := request.POST.get("back")):
        return None
    opts = model_admin.opts
    return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[pk]))
