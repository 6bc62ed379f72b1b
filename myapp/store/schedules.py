"""Which repositories are to be pulled, or asked about at GitHub, and who is doing it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store.repositories import COLUMNS, repositories

_NOBODY = (sa.null(), sa.null())
_free = sa.or_(
    repositories.c.pull_lease_until.is_(None),
    repositories.c.pull_lease_until <= sa.bindparam("now"),
)


def _leased(due: sa.Select[Any], change: dict[str, Any]) -> sa.Update:
    return (
        sa.update(repositories)
        .where(repositories.c.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
        .values(**change)
        .returning(repositories.c.id)
    )


# A repository whose first clone nobody is at (any more) is due as well.
_PULL = _leased(
    sa.select(repositories.c.id)
    .where(
        repositories.c.pull_due_at <= sa.bindparam("now"),
        repositories.c.status.in_(("ready", "cloning")),
        _free,
    )
    .order_by(repositories.c.pull_due_at)
    .limit(sa.bindparam("count")),
    {"pull_lease_until": sa.bindparam("until")},
)
_PULL_ONE = (
    sa.update(repositories)
    .where(repositories.c.id == sa.bindparam("which"), _free)
    .values(pull_lease_until=sa.bindparam("until"))
)
_CHECK = _leased(
    sa.select(repositories.c.id)
    .where(
        repositories.c.check_due_at <= sa.bindparam("now"),
        repositories.c.status.in_(("ready", "cloning", "failed")),
    )
    .order_by(repositories.c.check_due_at)
    .limit(sa.bindparam("count")),
    {"check_due_at": sa.bindparam("until")},
)
_ROWS = sa.select(*COLUMNS, *_NOBODY).where(
    repositories.c.id.in_(sa.bindparam("which", expanding=True))
)


def due_for_pull(connection: sa.Connection, now: float, until: float, count: int) -> list[sa.Row]:
    """Take the pull leases of repositories whose time has come, till `until`."""
    values = {"now": now, "until": until, "count": count}
    return _rows(connection, list(connection.execute(_PULL, values).scalars()))


def take_pull(connection: sa.Connection, repository_id: int, now: float, until: float) -> bool:
    """Take one repository's pull lease; False while somebody else has it."""
    values = {"which": repository_id, "now": now, "until": until}
    return connection.execute(_PULL_ONE, values).rowcount == 1


def renew_pull(connection: sa.Connection, repository_id: int, until: float) -> None:
    """Hold one repository's pull lease till `until`, if it is still held."""
    statement = sa.update(repositories).where(
        repositories.c.id == repository_id, repositories.c.pull_lease_until.is_not(None)
    )
    connection.execute(statement.values(pull_lease_until=until))


def due_for_check(connection: sa.Connection, now: float, until: float, count: int) -> list[sa.Row]:
    """The repositories to ask GitHub about; not due again before `until`."""
    values = {"now": now, "until": until, "count": count}
    return _rows(connection, list(connection.execute(_CHECK, values).scalars()))


def _rows(connection: sa.Connection, which: list[int]) -> list[sa.Row]:
    if not which:
        return []
    return list(connection.execute(_ROWS, {"which": which}))
