"""The workers and when each was last heard of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store.builds import builds
from myapp.store.dialects import insert
from myapp.store.metadata import Moment, constant, metadata

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("sandbox", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("gone_at", Moment),
)

_SEEN = (
    sa.update(workers)
    .where(workers.c.name == sa.bindparam("worker"))
    .values(seen_at=sa.bindparam("now"), gone_at=None)
)


def announce(connection: sa.Connection, name: str, now: float, facts: dict[str, Any]) -> None:
    """A worker of this name has started."""
    values = {**facts, "started_at": now, "seen_at": now, "gone_at": None}
    statement = insert(connection, workers).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def seen(connection: sa.Connection, name: str, now: float) -> bool:
    """The worker is alive; False if it never announced itself."""
    return connection.execute(_SEEN, {"worker": name, "now": now}).rowcount == 1


def gone(connection: sa.Connection, name: str, now: float) -> None:
    """The worker has stopped by itself."""
    connection.execute(sa.update(workers).where(workers.c.name == name).values(gone_at=now))


def delete_before(connection: sa.Connection, moment: float) -> int:
    """Forget workers that were not heard of since; how many."""
    return connection.execute(sa.delete(workers).where(workers.c.seen_at < moment)).rowcount


def _with_load() -> sa.Select[Any]:
    running = sa.select(sa.func.count()).where(
        builds.c.state == constant("running"), builds.c.worker == workers.c.name
    )
    return sa.select(workers, running.scalar_subquery().label("running")).order_by(workers.c.name)


_LIST = _with_load()


def list_all(connection: sa.Connection) -> list[sa.Row]:
    """All columns and how many builds each is running."""
    return list(connection.execute(_LIST))


def lock(connection: sa.Connection, name: str) -> None:
    """Let claims of one worker's threads follow each other, so that its slots are counted."""
    statement = sa.select(workers.c.name).where(workers.c.name == sa.bindparam("worker"))
    connection.execute(statement.with_for_update(), {"worker": name})


def alive(connection: sa.Connection, name: str, since: float) -> bool:
    """Whether the worker was heard of since then and has not said that it stops."""
    statement = sa.select(workers.c.name).where(
        workers.c.name == name, workers.c.seen_at >= since, workers.c.gone_at.is_(None)
    )
    return connection.execute(statement).one_or_none() is not None
