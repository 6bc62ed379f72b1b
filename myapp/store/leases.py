"""Work that one process of the whole installation does at a time, once per interval."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import PerDialect
from myapp.store.metadata import Moment, metadata

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("last_run_at", Moment, nullable=False),
)


def _take(dialect):  # type: ignore[no-untyped-def]
    statement = dialect.insert(leases)
    return statement.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": statement.excluded.holder,
            "until": statement.excluded.until,
            "last_run_at": statement.excluded.last_run_at,
        },
        # The second condition forgives a clock that was an interval ahead and was set right.
        where=(leases.c.until <= statement.excluded.last_run_at)
        | (leases.c.last_run_at > statement.excluded.last_run_at + sa.bindparam("ahead")),
    ).returning(leases.c.name)


_TAKE = PerDialect(_take)
_DUE = sa.select(leases.c.until).where(leases.c.name == sa.bindparam("lease"))


def until(connection: sa.Connection, name: str) -> float | None:
    """When the lease ends, None if nobody ever took it."""
    return connection.execute(_DUE, {"lease": name}).scalar_one_or_none()


def take(connection: sa.Connection, name: str, holder: str, now: float, length: float) -> bool:
    """Take the lease for `length` seconds if it is free; of several callers one is told True."""
    values = {
        "name": name,
        "holder": holder,
        "until": now + length,
        "last_run_at": now,
        "ahead": length,
    }
    return connection.execute(_TAKE(connection), values).one_or_none() is not None


def list_all(connection: sa.Connection) -> list[sa.Row]:
    """(name, holder, until, last_run_at) of every lease, by name."""
    return list(connection.execute(sa.select(leases).order_by(leases.c.name)))
