"""Who may do what with which repository, as GitHub last said."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import PerDialect
from myapp.store.metadata import Moment, belongs_to, metadata

access = sa.Table(
    "access",
    metadata,
    belongs_to("accounts", primary_key=True),
    belongs_to("repositories", primary_key=True, index=True),
    sa.Column("permission", sa.Text, nullable=False),
    sa.Column("checked_at", Moment, nullable=False),
)

_FIND = sa.select(access.c.permission, access.c.checked_at).where(
    access.c.account_id == sa.bindparam("account_id"),
    access.c.repository_id == sa.bindparam("repository_id"),
)


def _upsert(dialect):  # type: ignore[no-untyped-def]
    statement = dialect.insert(access)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "repository_id"],
        set_={
            "permission": statement.excluded.permission,
            "checked_at": statement.excluded.checked_at,
        },
    )


_UPSERT = PerDialect(_upsert)


def grant(
    connection: sa.Connection, account_id: int, repository_id: int, permission: str, now: float
) -> None:
    """Write down what GitHub says the account may do."""
    connection.execute(
        _UPSERT(connection),
        {
            "account_id": account_id,
            "repository_id": repository_id,
            "permission": permission,
            "checked_at": now,
        },
    )


def take_away(connection: sa.Connection, account_id: int, repository_id: int) -> None:
    """Write down that the account does not see the repository."""
    connection.execute(
        sa.delete(access).where(
            access.c.account_id == account_id, access.c.repository_id == repository_id
        )
    )


def find(connection: sa.Connection, account_id: int, repository_id: int) -> sa.Row | None:
    """(permission, checked_at), None if the account does not see the repository."""
    values = {"account_id": account_id, "repository_id": repository_id}
    return connection.execute(_FIND, values).one_or_none()
