"""Which rows are old, and their removal in small transactions."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.audit import audit_log
from myapp.store.builds import builds
from myapp.store.database import Database

_PAGES = 2000  # given back at a time


def builds_before(connection: sa.Connection, moment: float, count: int) -> list[sa.Row]:
    """(id, repository_id) of the oldest ended builds, but for each repository's last."""
    later = builds.alias("later")
    last = (
        sa.select(sa.func.max(later.c.id))
        .where(later.c.repository_id == builds.c.repository_id)
        .scalar_subquery()
    )
    statement = (
        sa.select(builds.c.id, builds.c.repository_id)
        .where(builds.c.finished_at < moment, builds.c.id != last)
        .order_by(builds.c.finished_at)
        .limit(count)
    )
    return list(connection.execute(statement))


def delete_build(connection: sa.Connection, build_id: int) -> None:
    """Remove an ended build and what belongs to it."""
    connection.execute(
        sa.delete(builds).where(builds.c.id == build_id, builds.c.finished_at.is_not(None))
    )


def delete_audit_before(connection: sa.Connection, moment: float, count: int) -> int:
    """Remove the oldest lines of the audit log, `count` at most; how many."""
    oldest = sa.select(audit_log.c.id, audit_log.c.at).order_by(audit_log.c.id).limit(count)
    some = oldest.subquery()
    old = sa.select(some.c.id).where(some.c.at < moment)
    statement = sa.delete(audit_log).where(audit_log.c.id.in_(old.scalar_subquery()))
    return connection.execute(statement).rowcount


def vacuum(database: Database) -> None:
    """SQLite: free pages go back to the disk, statistics are renewed; nobody has to wait."""
    if not database.is_sqlite:
        return  # PostgreSQL does this by itself
    with database.outside_transaction() as connection:
        # A script is stepped to its end, a single statement without columns only once: one page.
        connection.executescript(f"PRAGMA incremental_vacuum({_PAGES});")
        connection.execute("PRAGMA analysis_limit = 400").fetchall()  # a sample, not the whole
        connection.execute("PRAGMA optimize").fetchall()
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
