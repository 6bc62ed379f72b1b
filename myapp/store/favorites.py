"""The repositories that an account marked."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import insert
from myapp.store.metadata import Moment, belongs_to, metadata

favorites = sa.Table(
    "favorites",
    metadata,
    belongs_to("accounts", primary_key=True),
    belongs_to("repositories", primary_key=True, index=True),
    sa.Column("created_at", Moment, nullable=False),
)


def add(connection: sa.Connection, account_id: int, repository_id: int, now: float) -> None:
    """Mark the repository; once is as good as twice."""
    statement = insert(connection, favorites).values(
        account_id=account_id, repository_id=repository_id, created_at=now
    )
    connection.execute(statement.on_conflict_do_nothing())


def remove(connection: sa.Connection, account_id: int, repository_id: int) -> None:
    """Take the mark away."""
    connection.execute(
        sa.delete(favorites).where(
            favorites.c.account_id == account_id, favorites.c.repository_id == repository_id
        )
    )
