"""The database: short transactions that read or write, the same over SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from myapp.errors import DatabaseUnavailable, SettingsError
from myapp.store import engines
from myapp.store.failures import unavailable

Connection = sa.Connection  # so that the domain can name what it passes through

_open: weakref.WeakSet[Database] = weakref.WeakSet()


class Database:
    """Connections to one database; safe for threads, and for a child after a fork."""

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
            self._engine = engines.create(self.url)
        except sa.exc.ArgumentError:
            raise SettingsError("HOBOTNICA_DATABASE_URL: this is not a database's URL") from None
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self._readers: sa.Engine = self._engine
        self._writers: sa.Engine = self._engine
        if self.is_sqlite:
            self._writers = self._engine.execution_options(writes=True)
        else:
            # One statement sees one state either way; this saves the round trip of BEGIN.
            self._readers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = _Turn() if self.is_sqlite else None
        self._inherited: list[Any] = []
        _open.add(self)

    def __repr__(self) -> str:
        return f"<Database {self.url.render_as_string(hide_password=True)}>"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads; raises DatabaseUnavailable."""
        with _failures(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is durable when the block ends, undone when it raises.

        On SQLite the writers of this process take turns here, in order and awake at once, rather
        than polling the file's lock. Raises DatabaseUnavailable, and then nothing was written.
        """
        with _failures():
            if self._turn is None:
                with self._writers.begin() as connection:
                    yield connection
                return
            with self._turn, self._writers.begin() as connection:
                yield connection

    def connect(self) -> sa.Connection:
        """A bare connection, for the migrations."""
        return self._engine.connect()

    @contextmanager
    def outside_transaction(self) -> Iterator[Any]:
        """The driver's own connection, for what SQLite does only outside a transaction."""
        with _failures(), self._engine.connect() as connection:
            yield connection.connection.dbapi_connection

    def migrate(self) -> str:
        """Bring the schema up to date, several starters at once included; its revision."""
        from myapp.store.migration import migrate

        with _failures():
            return migrate(self)

    def close(self) -> None:
        """Close the connections that nobody is using."""
        self._engine.dispose()
        _open.discard(self)

    def forget_connections(self) -> None:
        """In a child after a fork: the connections stay the parent's, and are never closed here.

        https://www.sqlite.org/howtocorrupt.html, 2.6: not even closing is safe.
        """
        self._inherited.append(self._engine.pool)
        self._engine.dispose(close=False)
        if self._turn is not None:
            self._turn = _Turn()


class _Turn:
    """One writer of this process at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("A transaction that writes was begun inside another one")
        if not self._lock.acquire(timeout=engines.BUSY_TIMEOUT):
            raise DatabaseUnavailable("The database is busy: it was held for too long")
        self._holder = threading.get_ident()

    def __exit__(self, *exception: object) -> None:
        self._holder = None
        self._lock.release()


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        instead = unavailable(error)
        if instead is None:
            raise
        raise instead from error


def _after_fork() -> None:
    for database in list(_open):
        database.forget_connections()


os.register_at_fork(after_in_child=_after_fork)
