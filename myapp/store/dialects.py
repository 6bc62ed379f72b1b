"""`INSERT ... ON CONFLICT`, which both databases have and SQLAlchemy keeps in two places."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An insert that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class PerDialect:
    """A statement built once for each database: building costs more than running it."""

    def __init__(self, build: Any) -> None:
        self._build = build
        self._built: dict[str, Any] = {}

    def __call__(self, connection: sa.Connection) -> Any:
        """The statement for this connection's database."""
        name = connection.dialect.name
        if name not in self._built:
            self._built[name] = self._build(sqlite if name == "sqlite" else postgresql)
        return self._built[name]
