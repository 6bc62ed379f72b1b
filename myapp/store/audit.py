"""Who did what, when."""

from __future__ import annotations

import time

import sqlalchemy as sa

from myapp.store.metadata import Moment, identity, metadata

audit_log = sa.Table(
    "audit",
    metadata,
    identity(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

_INSERT = sa.insert(audit_log)


def audit(
    connection: sa.Connection, actor: str, action: str, target: str, detail: str = ""
) -> None:
    """Write one line; the detail never holds a secret."""
    connection.execute(
        _INSERT,
        {"at": time.time(), "actor": actor, "action": action, "target": target, "detail": detail},
    )


def newest(connection: sa.Connection, limit: int, before: int | None = None) -> list[sa.Row]:
    """The last lines (id, at, actor, action, target, detail), the newest first."""
    statement = sa.select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit_log.c.id < before)
    return list(connection.execute(statement))
