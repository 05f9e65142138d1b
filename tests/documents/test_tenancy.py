"""Row-level security as the product's own role sees it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from documents import tenancy
from documents.models import Document, Membership, User, Workspace
from documents.rls import RowLevelSecurity


def make_document(workspace, sha="0" * 64) -> Document:
    return Document.objects.create(
        id=Document.id_for(workspace.id, sha), workspace=workspace, sha256=sha, filename="a.txt",
        media_type="text/plain", size=1, storage_key="k",
    )  # fmt: skip


@pytest.fixture
def hers(anna):
    with tenancy.as_user(anna.user):
        return make_document(anna.workspace)


def test_our_role_is_held_by_the_policies(db):
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("select count(*) from pg_tables where tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_every_tenant_table_has_security_forced(db):
    """A new model with a workspace can't be forgotten."""
    tenant_models = [
        model for model in apps.get_models()
        if model is Workspace or any(field.name == "workspace" for field in model._meta.fields)
    ]  # fmt: skip
    assert len(tenant_models) >= 9
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relrowsecurity and relforcerowsecurity")
        secured = {name for (name,) in cursor.fetchall()}
    for model in tenant_models:
        assert model._meta.db_table in secured, model
        assert any(isinstance(one, RowLevelSecurity) for one in model._meta.constraints), model


def test_unset_means_no_rows_and_no_writes(hers, anna):
    assert not Document.objects.exists()
    assert not Workspace.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        make_document(anna.workspace, "1" * 64)


def test_members_see_their_own_and_nobody_elses(hers, anna, mallory):
    with tenancy.as_user(anna.user):
        assert Document.objects.get() == hers
    with tenancy.as_user(mallory.user):
        assert not Document.objects.exists()
        assert Document.objects.filter(pk=hers.pk).update(filename="mine.txt") == 0
        assert Document.objects.filter(pk=hers.pk).delete()[0] == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            make_document(anna.workspace, "1" * 64)


def test_nobody_joins_a_workspace_by_themselves(anna, mallory):
    with tenancy.as_user(mallory.user), pytest.raises(DatabaseError), transaction.atomic():
        Membership.objects.create(workspace=anna.workspace, user=mallory.user)


def test_a_shared_workspace_is_seen_by_all_members(hers, anna, mallory, sam):
    with tenancy.as_staff(sam.user):
        Membership.objects.create(workspace=anna.workspace, user=mallory.user)
    with tenancy.as_user(mallory.user):
        assert Document.objects.get() == hers


def test_staff_see_all_by_their_own_policy(hers, sam):
    with tenancy.as_staff(sam.user):
        assert Document.objects.get() == hers


def test_the_sweeper_sees_no_document(hers):
    with tenancy.as_sweeper():
        assert not Document.objects.exists()


def test_scopes_end_and_nest_without_leaking(hers, anna, mallory):
    with tenancy.as_user(mallory.user):
        with tenancy.as_user(anna.user):
            assert Document.objects.exists()
        assert not Document.objects.exists()
        with pytest.raises(RuntimeError), tenancy.as_user(anna.user):
            raise RuntimeError
        assert not Document.objects.exists()
    assert not Document.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_scope_does_not_outlive_its_transaction(anna):
    with tenancy.as_user(anna.user):
        make_document(anna.workspace)
    assert not Document.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('vouch.workspaces', true)")
        assert not cursor.fetchone()[0]


def test_a_personal_workspace_is_made_at_first_sight(db):
    user = User.objects.create_user("newcomer")
    with tenancy.as_user(user):
        workspace = Workspace.objects.get()
        assert workspace.id == Workspace.personal_id(user)
        assert Membership.objects.get().role == Membership.Role.OWNER


def test_a_scope_takes_nothing_but_ids(db):
    with pytest.raises(ValueError, match="badly formed"), tenancy.as_workspace("'; drop table x; --"):
        pass


def test_the_constraint_survives_deconstruction():
    one = RowLevelSecurity(name="x", column="id", roles=("staff", "sweeper"), own_column="user_id")
    _, args, kwargs = one.deconstruct()
    assert RowLevelSecurity(*args, **kwargs) == one
    assert RowLevelSecurity(name="x") != one
    assert hash(one) == hash(RowLevelSecurity(*args, **kwargs))
