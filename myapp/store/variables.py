"""Environment variables of owners and repositories; every value is encrypted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store.dialects import insert
from myapp.store.metadata import Moment, metadata

variables = sa.Table(
    "variables",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),  # owner:<login> or repository:<id>
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("secret", sa.Boolean, nullable=False),
    sa.Column("jobs", sa.Text, nullable=False),  # words, as in "test deploy"
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
)

_COLUMNS = (variables.c.key, variables.c.value, variables.c.secret, variables.c.jobs)
_OF_SCOPE = (
    sa.select(*_COLUMNS).where(variables.c.scope == sa.bindparam("scope")).order_by(variables.c.key)
)


def list_of(connection: sa.Connection, scope: str) -> list[sa.Row]:
    """(key, value, secret, jobs) of a scope, by key."""
    return list(connection.execute(_OF_SCOPE, {"scope": scope}))


def find(connection: sa.Connection, scope: str, key: str) -> sa.Row | None:
    """(key, value, secret, jobs), None if there is none."""
    statement = sa.select(*_COLUMNS).where(variables.c.scope == scope, variables.c.key == key)
    return connection.execute(statement).one_or_none()


def count(connection: sa.Connection, scope: str, but: str) -> int:
    """How many variables the scope has, not counting the key `but`."""
    statement = sa.select(sa.func.count()).where(variables.c.scope == scope, variables.c.key != but)
    return connection.execute(statement).scalar_one()


def put(connection: sa.Connection, scope: str, key: str, values: dict[str, Any]) -> None:
    """Set one variable."""
    statement = insert(connection, variables).values(scope=scope, key=key, **values)
    statement = statement.on_conflict_do_update(index_elements=["scope", "key"], set_=values)
    connection.execute(statement)


def delete(connection: sa.Connection, scope: str, key: str) -> bool:
    """Remove one variable; whether there was one."""
    statement = sa.delete(variables).where(variables.c.scope == scope, variables.c.key == key)
    return connection.execute(statement).rowcount == 1


def delete_scope(connection: sa.Connection, scope: str) -> None:
    """Remove all variables of a scope."""
    connection.execute(sa.delete(variables).where(variables.c.scope == scope))
