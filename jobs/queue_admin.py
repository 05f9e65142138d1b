"""The admin of queues: how deep they are, who holds which task, and the switch that pauses one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from documents.admin_parts import ReadOnlyAdmin, person
from jobs import board, queues
from jobs.models import QueuePause, Status, Task
from jobs.stages import QUEUES

_LEASES = 100


class PauseForm(forms.Form):
    """Why a queue stands still: all users are shown it."""

    reason = forms.CharField(
        max_length=200, required=False, help_text="Everybody whose jobs wait in the queue sees this sentence."
    )


@admin.register(QueuePause)
class QueueAdmin(ReadOnlyAdmin):
    """One page for all queues. A row of the model is a pause, made and removed here."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("jobs.view_job") or self.has_operate_permission(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")  # the login asks, too, when nobody is signed in

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Not in the list of models, which would call it by the model's name: the bar and the overview lead there."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<str:queue>/pause/", wrap(self.pause_view), name="jobs_queuepause_pause"),
            path("<str:queue>/resume/", wrap(self.resume_view), name="jobs_queuepause_resume"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Queues",
            "opts": self.opts,
            "queues": board.of_queues(),
            "leases": held_leases()[:_LEASES],
            "can_operate": self.has_operate_permission(request),
        }
        return TemplateResponse(request, "admin/jobs/queuepause/change_list.html", context)

    def pause_view(self, request: HttpRequest, queue: str) -> HttpResponse:
        form = PauseForm(request.POST or None)
        asked = self._ask(
            request, queue, f"Pause the queue {queue}? What runs goes on; nothing new begins.", "Pause", form
        )
        if asked is not None:
            return asked
        pause = queues.pause(queue, user=person(request), reason=form.cleaned_data["reason"])
        self.log_change(request, pause, f"Paused. {pause.reason}".strip())
        messages.success(request, f"The queue {queue} is paused.")
        return HttpResponseRedirect(reverse("admin:jobs_queuepause_changelist"))

    def resume_view(self, request: HttpRequest, queue: str) -> HttpResponse:
        form = forms.Form(request.POST or None)
        asked = self._ask(request, queue, f"Resume the queue {queue}?", "Resume", form)
        if asked is not None:
            return asked
        self.log_change(request, QueuePause(queue=queue), "Resumed.")
        queues.resume(queue, user=person(request))
        messages.success(request, f"The queue {queue} goes on.")
        return HttpResponseRedirect(reverse("admin:jobs_queuepause_changelist"))

    def _ask(
        self, request: HttpRequest, queue: str, question: str, button: str, form: forms.Form
    ) -> HttpResponse | None:
        """The page that asks first; None once the answer is yes."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if queue not in QUEUES:
            raise Http404
        if request.method == "POST" and form.is_valid():
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": question,
            "opts": self.opts,
            "button": button,
            "form": form,
        }
        return TemplateResponse(request, "admin/jobs/queuepause/confirm.html", context)


def held_leases() -> QuerySet[Any]:
    """The tasks that workers hold, the lease that ends first at the top; `left` of it is by the database's clock."""
    left = ExpressionWrapper(F("lease_expires_at") - Now(), output_field=DurationField())
    ran = ExpressionWrapper(Now() - F("started_at"), output_field=DurationField())
    held = Task.objects.filter(status=Status.WORKING, lease_expires_at__isnull=False).annotate(left=left, ran=ran)
    related = held.select_related("workspace", "job__document").defer("input", "job__document__markdown")
    return related.order_by("lease_expires_at")
