"""What GitHub delivered and what we did with it; one row per delivery and repository.

GitHub shares a delivery's id between all hooks that hear of an event, and keeps it when it
delivers again (docs.github.com, "Webhook deliveries": guid).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store.dialects import PerDialect
from myapp.store.metadata import Moment, belongs_to, identity, metadata

deliveries = sa.Table(
    "deliveries",
    metadata,
    identity(),
    belongs_to("repositories"),
    sa.Column("delivery_id", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("branch", sa.Text),
    sa.Column("sha", sa.Text),
    sa.Column("build_id", sa.BigInteger),
    sa.UniqueConstraint("repository_id", "delivery_id"),
    sqlite_autoincrement=True,
)
sa.Index("deliveries_list", deliveries.c.repository_id, deliveries.c.id)
sa.Index("deliveries_sha", deliveries.c.repository_id, deliveries.c.sha)

_INSERT = PerDialect(
    lambda dialect: dialect.insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.id)
)
_KNOWN = sa.select(deliveries.c.detail, deliveries.c.build_id).where(
    deliveries.c.repository_id == sa.bindparam("repository"),
    deliveries.c.delivery_id == sa.bindparam("delivery"),
)
_OF_SHA = (
    sa.select(sa.literal(1))
    .where(
        deliveries.c.repository_id == sa.bindparam("repository"),
        deliveries.c.sha == sa.bindparam("commit"),
    )
    .limit(1)
)


def insert(connection: sa.Connection, values: dict[str, Any]) -> bool:
    """Insert the delivery; False if it is here already."""
    return connection.execute(_INSERT(connection), values).scalar_one_or_none() is not None


def find(connection: sa.Connection, repository_id: int, delivery_id: str) -> sa.Row | None:
    """(detail, build_id) of a delivery that came before."""
    values = {"repository": repository_id, "delivery": delivery_id}
    return connection.execute(_KNOWN, values).one_or_none()


def has_sha(connection: sa.Connection, repository_id: int, sha: str) -> bool:
    """Whether a push of this commit was delivered."""
    values = {"repository": repository_id, "commit": sha}
    return connection.execute(_OF_SHA, values).scalar_one_or_none() is not None


def list_of(
    connection: sa.Connection, repository_id: int, limit: int, before: int | None
) -> list[sa.Row]:
    """A page of a repository's deliveries (all columns), the newest first."""
    statement = sa.select(deliveries).where(deliveries.c.repository_id == repository_id)
    if before is not None:
        statement = statement.where(deliveries.c.id < before)
    return list(connection.execute(statement.order_by(deliveries.c.id.desc()).limit(limit)))


def delete_before(connection: sa.Connection, moment: float, count: int) -> int:
    """Remove the oldest rows, `count` at most, if they came before `moment`; how many."""
    oldest = sa.select(deliveries.c.id, deliveries.c.received_at)
    oldest_rows = oldest.order_by(deliveries.c.id).limit(count).subquery()
    old = sa.select(oldest_rows.c.id).where(oldest_rows.c.received_at < moment)
    statement = sa.delete(deliveries).where(deliveries.c.id.in_(old.scalar_subquery()))
    return connection.execute(statement).rowcount
