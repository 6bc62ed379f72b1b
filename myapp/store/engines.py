"""How each database is connected to, so that the rest need not know which it is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from myapp.errors import SettingsError

BUSY_TIMEOUT = 5.0  # seconds to wait for another writer before the answer is 503
STATEMENT_TIMEOUT = 60.0  # seconds a statement may take on PostgreSQL


def create(url: sa.URL) -> sa.Engine:
    """An engine for this address; connects when it is first used."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url)


def sqlite_file(url: sa.URL) -> Path | None:
    """The database's file, None where there is none."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _sqlite(url: sa.URL) -> sa.Engine:
    path = sqlite_file(url)
    if path is None:
        raise SettingsError("HOBOTNICA_DATABASE_URL: SQLite needs a file, in memory it would lose")
    _create_privately(path)
    # Threads are limited by the web side and the worker; waiting for a connection helps nobody.
    engine = sa.create_engine(
        url, pool_size=64, max_overflow=-1, connect_args={"timeout": BUSY_TIMEOUT}
    )

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, record: Any) -> None:
        # Python must not begin transactions by itself: `begin` below says which kind.
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {64 << 20}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        driver: Any = connection.connection.dbapi_connection
        # A transaction that began by reading could not be turned into one that writes.
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_privately(path: Path) -> None:
    """SQLite gives its other files the mode of the first, so that one must be right."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise SettingsError(f"The database {path} cannot be opened: {error.strerror}") from None


def _postgresql(url: sa.URL) -> sa.Engine:
    milliseconds = (int(BUSY_TIMEOUT * 1000), int(STATEMENT_TIMEOUT * 1000))
    limits = "-c lock_timeout={} -c statement_timeout={}".format(*milliseconds)
    arguments = {"connect_timeout": 5, "options": limits, "keepalives_idle": 30}
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg2"),
        pool_size=16,
        max_overflow=16,
        pool_timeout=BUSY_TIMEOUT,
        connect_args=arguments,
    )
