"""The admin of trained models and of habits."""

import pytest

from analysis import review
from analysis.learning import habits, versions
from analysis.models import Habit, ModelVersion
from documents import tenancy
from tests.admin.conftest import as_staff, told
from tests.analysis.learning.papers import analysed, invoice

MODELS, HABITS = "/admin/analysis/modelversion/", "/admin/analysis/habit/"


@pytest.fixture
def models(db):
    sample = {"sample": {"right": 1200, "wrong": 3, "evidence": 1.0}, "trained_on": {"documents": 412}}
    kept = {"data_sha256": "", "code_version": "", "sha256": ""}
    first = ModelVersion.objects.create(
        name="learned-a", metrics=sample, thresholds={"receipt": {"total": 0.9}}, **kept
    )
    versions.promote(first)
    return first, ModelVersion.objects.create(name="learned-b", **kept)


@pytest.fixture
def habit(anna):
    with tenancy.as_user(anna.user):
        case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
        review.correct(case.result.pk, {"total": "119.00", "currency": "CHF"}, user=anna.user, expected_version=1)
    return case


def act(client, url, action, *objects):
    data = {"action": action, "_selected_action": [one.pk for one in objects], "confirmed": "1"}
    return client.post(url, data, follow=True)


def test_models_show_what_they_are_worth(admin, models):
    html = admin.get(MODELS).content.decode()
    assert all(text in html for text in ("learned-a", "412", "receipt", "1,200 right, 3 wrong", "candidate"))
    assert admin.get(f"{MODELS}{models[0].pk}/change/").status_code == 200


def test_promoting_and_rolling_back(admin, models, sam):
    first, second = models
    assert "Promote" in admin.post(MODELS, {"action": "promote", "_selected_action": [second.pk]}).content.decode()
    act(admin, MODELS, "promote", second)
    assert versions.active().name == "learned-b"
    assert ModelVersion.objects.get(pk=second.pk).promoted_by == sam.user
    assert any("not active" in text for text in told(act(admin, MODELS, "roll_back", first)))
    assert "Roll back" in admin.post(MODELS, {"action": "roll_back", "_selected_action": [second.pk]}).content.decode()
    act(admin, MODELS, "roll_back", second)
    assert versions.active().name == "learned-a"
    assert any("only one" in text for text in told(act(admin, MODELS, "promote", first, second)))


def test_habits_can_be_taken_back(admin, habit, anna, sam):
    html = admin.get(HABITS).content.decode()
    assert all(text in html for text in ("is CHF", "stands beside “sum of everything”", "bill.pdf"))
    with as_staff(sam):
        [first, second] = Habit.objects.all()
    assert "no more" in admin.post(HABITS, {"action": "take_back", "_selected_action": [first.pk]}).content.decode()
    act(admin, HABITS, "take_back", first)
    with tenancy.as_user(anna.user):
        assert [one.id for one in habits.load(anna.workspace.id)] == [second.pk]
    act(admin, HABITS, "use_again", first)
    with tenancy.as_user(anna.user):
        assert len(habits.load(anna.workspace.id)) == 2


def test_who_may_only_look_changes_nothing(clerk, models, habit):
    client = clerk("view_modelversion", "view_habit")
    act(client, MODELS, "promote", models[1])
    assert versions.active().name == "learned-a"
    assert client.get(HABITS).status_code == 200
