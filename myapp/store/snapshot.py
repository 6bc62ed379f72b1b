"""A copy of a SQLite database that is in use (https://www.sqlite.org/backup.html)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from myapp.errors import Conflict
from myapp.store.database import Database


def write(database: Database, destination: Path) -> None:
    """Write a consistent copy; Conflict for another database than SQLite."""
    if not database.is_sqlite:
        raise Conflict("PostgreSQL is backed up by pg_dump; keep the key file with the dump")
    with database.outside_transaction() as source, closing(sqlite3.connect(destination)) as copy:
        source.backup(copy)
