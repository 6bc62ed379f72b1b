"""Counts of what is going on now; each reads an index no longer than that."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from myapp.store import statuses
from myapp.store.builds import builds, is_queued, is_running
from myapp.store.migration import current
from myapp.store.repositories import repositories


class Queue(NamedTuple):
    """The queue's lengths, and since when its oldest build waits."""

    queued: int
    running: int
    oldest_queued: float | None


def queue(connection: sa.Connection) -> Queue:
    """How many builds wait and run."""
    waiting = sa.select(sa.func.count(), sa.func.min(builds.c.created_at)).where(is_queued)
    queued, oldest = connection.execute(waiting).one()
    active = sa.select(sa.func.count()).select_from(builds).where(is_running)
    return Queue(queued, connection.execute(active).scalar_one(), oldest)


def repositories_by_status(connection: sa.Connection) -> dict[str, int]:
    """How many repositories have each status."""
    statement = sa.select(repositories.c.status, sa.func.count().label("number"))
    rows = connection.execute(statement.group_by(repositories.c.status))
    return {row.status: row.number for row in rows}


def outbox(connection: sa.Connection) -> tuple[int, float | None]:
    """How many commit statuses wait, and since when the oldest."""
    return statuses.waiting(connection)


def database_size(connection: sa.Connection) -> int:
    """Bytes on disk, without SQLite's write-ahead log."""
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    size = sa.func.pg_database_size(sa.func.current_database())
    return connection.execute(sa.select(size)).scalar_one()


def schema(connection: sa.Connection) -> str | None:
    """The schema's revision."""
    return current(connection)
