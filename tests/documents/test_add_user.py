"""manage.py add_user"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from documents import tenancy
from documents.models import User, Workspace


def add(*args) -> str:
    out = StringIO()
    call_command("add_user", *args, stdout=out)
    return out.getvalue()


def test_a_user_gets_a_workspace(db):
    assert "Made berta" in add("berta", "--password", "long-enough-4711")
    user = User.objects.get(username="berta")
    assert user.check_password("long-enough-4711")
    assert not user.is_staff
    with tenancy.as_user(user):
        assert Workspace.objects.get().personal_owner == user


def test_the_same_name_is_changed(db):
    add("berta", "--password", "long-enough-4711")
    assert "Changed berta" in add("berta", "--password", "another-long-4712", "--superuser")
    user = User.objects.get()
    assert user.check_password("another-long-4712")
    assert user.is_staff
    assert user.is_superuser


def test_a_weak_password_is_refused(db):
    with pytest.raises(CommandError, match="too short"):
        add("berta", "--password", "x")
    assert not User.objects.exists()


def test_the_password_can_come_from_standard_input(db, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda: "long-enough-4711")
    add("berta", "--password", "-")
    assert User.objects.get().check_password("long-enough-4711")
