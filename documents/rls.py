"""Row-level security as part of a model: the policy stands in `Meta.constraints`, and migrations carry it."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint

_MINE = "(select string_to_array(nullif(current_setting('vouch.workspaces', true), ''), ','))::uuid[]"
_ME = "(select nullif(current_setting('vouch.user_id', true), ''))::int"
_ROLE = "(select current_setting('vouch.role', true))"


class RowLevelSecurity(BaseConstraint):
    """Rows are seen and written only from within a scope of `documents.tenancy`; with none, nothing is.

    `column` holds the workspace. `roles` are the roles beside the tenant that see every row (staff, sweeper), each by a
    policy of its own. `own_column`, if given, names a user's id: users can also read, not write, the rows that carry
    theirs. FORCE makes the owner of the table obey too; only superusers and BYPASSRLS roles don't, and ours is neither.
    """

    def __init__(
        self, *, name: str, column: str = "workspace_id", roles: tuple[str, ...] = ("staff",), own_column: str = ""
    ) -> None:
        super().__init__(name=name)
        self.column, self.roles, self.own_column = column, tuple(roles), own_column

    def _statements(self, table: str) -> list[str]:
        # The subselects make PostgreSQL evaluate each setting once per query and not once per row.
        policies = [f'CREATE POLICY "{self.name}_tenant" ON {table} USING ({self.column} = ANY ({_MINE}))']
        policies += [
            f"CREATE POLICY \"{self.name}_{role}\" ON {table} USING ({_ROLE} = '{role}')" for role in self.roles
        ]
        if self.own_column:
            policies.append(f'CREATE POLICY "{self.name}_own" ON {table} FOR SELECT USING ({self.own_column} = {_ME})')
        return [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            *policies,
        ]

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert model is not None
        assert schema_editor is not None
        return ";\n".join(self._statements(schema_editor.quote_name(model._meta.db_table)))

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Nothing inside CREATE TABLE; the policies follow it in the same transaction."""
        assert schema_editor is not None
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert model is not None
        assert schema_editor is not None
        table = schema_editor.quote_name(model._meta.db_table)
        names = ["tenant", *self.roles, *(["own"] if self.own_column else [])]
        drops = [f'DROP POLICY "{self.name}_{name}" ON {table}' for name in names]
        # Security stays on until the next constraint states new policies: rows are hidden meanwhile, never shown.
        return ";\n".join(drops)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database enforces it."""

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs |= {"column": self.column, "roles": self.roles, "own_column": self.own_column}
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowLevelSecurity) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)
