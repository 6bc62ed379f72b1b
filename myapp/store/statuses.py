"""The outbox of commit statuses: one row per build and context, always the newest state.

`version` counts states, `leased_version` is the one being sent: a state that is written while
an older one is on its way stays due. `due_at` is NULL when there is nothing to send.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store.builds import builds
from myapp.store.dialects import PerDialect
from myapp.store.metadata import Moment, belongs_to, identity, metadata
from myapp.store.repositories import repositories

statuses = sa.Table(
    "statuses",
    metadata,
    identity(),
    belongs_to("builds"),
    sa.Column("context", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("leased_version", sa.Integer, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("sent_at", Moment),
    sa.UniqueConstraint("build_id", "context"),
    sqlite_autoincrement=True,
)
sa.Index(
    "statuses_due",
    statuses.c.due_at,
    sqlite_where=statuses.c.due_at.is_not(None),
    postgresql_where=statuses.c.due_at.is_not(None),
)


def _put(dialect):  # type: ignore[no-untyped-def]
    statement = dialect.insert(statuses)
    return statement.on_conflict_do_update(
        index_elements=["build_id", "context"],
        set_={
            "state": statement.excluded.state,
            "description": statement.excluded.description,
            "version": statuses.c.version + 1,
            "due_at": statement.excluded.due_at,
            "failures": 0,
            "error": None,
        },
    )


_PUT = PerDialect(_put)
_IS = statuses.c.id == sa.bindparam("which")
_due = (
    sa.select(statuses.c.id)
    .where(
        statuses.c.due_at <= sa.bindparam("now"),
        sa.or_(statuses.c.lease_until.is_(None), statuses.c.lease_until <= sa.bindparam("now")),
    )
    .order_by(statuses.c.due_at)
    .limit(sa.bindparam("count"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    sa.update(statuses)
    .where(statuses.c.id.in_(_due.scalar_subquery()))
    .values(lease_until=sa.bindparam("until"), leased_version=statuses.c.version)
    .returning(statuses.c.id)
)
_ROWS = (
    sa.select(
        statuses.c.id,
        statuses.c.build_id,
        repositories.c.owner,
        repositories.c.name,
        builds.c.sha,
        statuses.c.state,
        statuses.c.description,
        statuses.c.context,
        statuses.c.failures,
        repositories.c.token,
    )
    .join(builds, builds.c.id == statuses.c.build_id)
    .join(repositories, repositories.c.id == builds.c.repository_id)
    .where(statuses.c.id.in_(sa.bindparam("which", expanding=True)))
    .order_by(statuses.c.id)
)
_newer = statuses.c.version > statuses.c.leased_version
_TAKEN = (
    sa.update(statuses)
    .where(_IS)
    .values(
        due_at=sa.case((_newer, statuses.c.due_at), else_=None),
        lease_until=None,
        failures=0,
        error=None,
        sent_at=sa.bindparam("now"),
    )
)
_POSTPONE = (
    sa.update(statuses)
    .where(_IS)
    .values(
        due_at=sa.case((_newer, statuses.c.due_at), else_=sa.bindparam("retry_at")),
        lease_until=None,
        failures=statuses.c.failures + 1,
        error=sa.bindparam("why"),
    )
)
_GIVE_UP = (
    sa.update(statuses)
    .where(_IS)
    .values(
        due_at=sa.case((_newer, statuses.c.due_at), else_=None),
        lease_until=None,
        failures=statuses.c.failures + 1,
        error=sa.bindparam("why"),
    )
)


def put(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Write the new states of (build_id, context), due at `due_at`."""
    blank = {"version": 1, "leased_version": 0, "failures": 0}
    full = [{**blank, **row} for row in rows]
    connection.execute(_PUT(connection), full if len(full) > 1 else full[0])


def lease_due(connection: sa.Connection, now: float, until: float, count: int) -> list[sa.Row]:
    """Take the rows that are due; they are nobody else's till `until`."""
    values = {"now": now, "until": until, "count": count}
    which = list(connection.execute(_LEASE, values).scalars())
    return list(connection.execute(_ROWS, {"which": which})) if which else []


def taken(connection: sa.Connection, status_id: int, now: float) -> None:
    """GitHub has what was leased."""
    connection.execute(_TAKEN, {"which": status_id, "now": now})


def postpone(connection: sa.Connection, status_id: int, error: str, retry_at: float) -> None:
    """Not taken: due again at `retry_at`, or at once if a newer state has come meanwhile."""
    connection.execute(_POSTPONE, {"which": status_id, "why": error, "retry_at": retry_at})


def give_up(connection: sa.Connection, status_id: int, error: str) -> None:
    """Never send what was leased; a newer state stays due."""
    connection.execute(_GIVE_UP, {"which": status_id, "why": error})


def waiting(connection: sa.Connection) -> tuple[int, float | None]:
    """How many are to be sent, and since when the oldest is due."""
    statement = sa.select(sa.func.count(), sa.func.min(statuses.c.due_at))
    count, oldest = connection.execute(statement.where(statuses.c.due_at.is_not(None))).one()
    return count, oldest
