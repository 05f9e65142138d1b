"""The admin of learning: trained models, to promote and to roll back, and habits, to take back."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from analysis.learning import versions
from analysis.models import Habit, ModelVersion
from analysis.presenting.fields import label_of
from documents.admin_parts import ReadOnlyAdmin, confirm, link_to, mark, person, run_for_each
from documents.errors import Conflict

_STATUS: dict[str, tuple[str, str, str]] = {
    ModelVersion.Status.ACTIVE: ("active", "good", "check"),
    ModelVersion.Status.CANDIDATE: ("candidate", "plain", "clock"),
    ModelVersion.Status.RETIRED: ("retired", "plain", "person"),
}


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Models that were trained here. With none active, the one that ships with the product is used."""

    list_display = ("name", "state", "learned_from", "approves", "sample", "created_at", "promoted_at", "promoted_by")
    list_filter = ("status", "created_at")
    list_select_related = ("promoted_by",)
    search_fields = ("name",)
    actions = ("promote", "roll_back")

    @admin.display(description="State", ordering="status")
    def state(self, version: ModelVersion) -> SafeString:
        return mark(*_STATUS[version.status])

    @admin.display(description="Documents learned from")
    def learned_from(self, version: ModelVersion) -> str:
        return str(version.metrics.get("trained_on", {}).get("documents", "–"))

    @admin.display(description="Approves without a person")
    def approves(self, version: ModelVersion) -> str:
        return ", ".join(sorted(version.thresholds)) or "–"

    @admin.display(description="Blind sample")
    def sample(self, version: ModelVersion) -> str:
        """What people found in results that had been approved without them."""
        found = version.metrics.get(versions.SAMPLE)
        return f"{found['right']:,} right, {found['wrong']:,} wrong" if found else "–"

    @admin.action(description="Promote…", permissions=["operate"])
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> HttpResponse | None:
        page = confirm(
            self, request, queryset, question="Read all documents to come with this model?", button="Promote"
        )
        if page is not None:
            return page

        def act(version: ModelVersion) -> None:
            if queryset.count() > 1:
                raise Conflict("one_model", "Choose one model: only one can be active.")
            versions.promote(version, person(request))

        return run_for_each(self, request, queryset, act, done="promoted")

    @admin.action(description="Roll back…", permissions=["operate"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> HttpResponse | None:
        question = "Go back from this model to the one that was active before it?"
        page = confirm(self, request, queryset, question=question, button="Roll back")
        if page is not None:
            return page

        def act(version: ModelVersion) -> None:
            if version.status != version.Status.ACTIVE:
                raise Conflict("not_active", "It is not active. Choose the active model to go back from it.")
            versions.roll_back(version.task)

        return run_for_each(self, request, queryset, act, done="rolled back")


@admin.register(Habit)
class HabitAdmin(ReadOnlyAdmin):
    """What single corrections taught about vendors."""

    list_display = ("created_at", "vendor", "label", "lesson_in_words", "used", "active", "workspace", "document_name")
    list_filter = ("active", "document_type", "created_at")
    list_select_related = ("workspace", "correction__result__document")
    search_fields = ("vendor", "field", "workspace__name")
    id_fields = ("workspace_id", "correction__result_id")
    actions = ("take_back", "use_again")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Habit]:
        result = "correction__result__"
        big = (f"{result}line_items", f"{result}extra", f"{result}validation", f"{result}document__markdown")
        return super().get_queryset(request).defer(*big)

    @admin.display(description="Field", ordering="field")
    def label(self, habit: Habit) -> str:
        return label_of(habit.field)

    @admin.display(description="Lesson")
    def lesson_in_words(self, habit: Habit) -> str:
        lesson = habit.lesson
        if lesson["kind"] == "constant":
            return f"is {lesson['value']}"
        if lesson["kind"] == "absent":
            return f"is not {lesson['was']}"
        beside = "beside" if lesson["side"] == "left" else "below"
        return (
            f"stands {beside} “{lesson['label']}”"
            if lesson["label"]
            else f"stands at its place on page {lesson['page']}"
        )

    @admin.display(description="Learned from")
    def document_name(self, habit: Habit) -> SafeString:
        result = habit.correction.result
        return link_to(type(result), result.pk, result.document.filename)

    @admin.action(description="Take back…", permissions=["operate"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Habit]) -> HttpResponse | None:
        return self._switch(
            request, queryset, on=False, question="Use what was learned here no more?", done="taken back"
        )

    @admin.action(description="Use again…", permissions=["operate"])
    def use_again(self, request: HttpRequest, queryset: QuerySet[Habit]) -> HttpResponse | None:
        return self._switch(request, queryset, on=True, question="Use what was learned here again?", done="used again")

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[Habit], *, on: bool, question: str, done: str
    ) -> HttpResponse | None:
        page = confirm(self, request, queryset, question=question, button="Yes")
        if page is not None:
            return page

        def act(habit: Habit) -> None:
            Habit.objects.filter(pk=habit.pk).update(active=on)

        return run_for_each(self, request, queryset, act, done=done)
