"""Brings a database's schema up to date; several starters at once do it once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from myapp.errors import DatabaseUnavailable, SettingsError
from myapp.store import engines

if TYPE_CHECKING:
    from alembic.config import Config

    from myapp.store.database import Database

DIRECTORY = Path(__file__).parent / "migrations"
_LOCK = 0x686F626F  # any number; the same for all of us


def known() -> list[str]:
    """The revisions this version knows, the oldest first: `0001_first.py` is 0001."""
    files = sorted((DIRECTORY / "versions").glob("[0-9]*_*.py"))
    return [file.name.partition("_")[0] for file in files]


def current(connection: sa.Connection) -> str | None:
    """The revision of this database, None before the first."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    statement = sa.text("SELECT version_num FROM alembic_version")
    return connection.execute(statement).scalar_one_or_none()


def migrate(database: Database) -> str:
    """Run what is missing; the revision that holds then.

    Raises SettingsError for a database that a newer version has written.
    """
    head = known()[-1]
    with database.connect() as connection:
        if _checked(current(connection)) == head:
            return head
    if database.is_sqlite:
        _prepare_file(database)
    with database.connect() as connection:
        if database.is_sqlite:
            # Making a table anew drops the old one, and dropping would cascade.
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.execution_options(writes=True).begin():
                _upgrade(connection)
        finally:
            connection.invalidate()
    return head


def _checked(revision: str | None) -> str | None:
    if revision is not None and revision not in known():
        raise SettingsError(
            f"The database has been written by a newer Hobotnica (its schema is {revision}, this "
            f"version knows up to {known()[-1]}): start that version, or restore a backup"
        )
    return revision


def _upgrade(connection: sa.Connection) -> None:
    """Under a lock: SQLite's own, which BEGIN IMMEDIATE took, or one made for this."""
    from alembic import command

    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    _checked(current(connection))
    command.upgrade(configuration(connection), "head")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"The migration broke {len(broken)} references")


def configuration(connection: sa.Connection) -> Config:
    """Alembic's configuration for this connection; there is no ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(DIRECTORY).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare_file(database: Database) -> None:
    """What SQLite keeps in the file: the write-ahead log, and pages that can be given back."""
    deadline = time.monotonic() + engines.BUSY_TIMEOUT
    while True:
        try:
            with database.outside_transaction() as connection:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # if still empty
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except DatabaseUnavailable:
            # Changing the mode does not wait for another starter who is doing the same.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if mode != "wal":
        raise SettingsError(
            "The database's directory does not take a write-ahead log (is it on a network "
            "drive?): set HOBOTNICA_DATA_DIR to a local disk"
        )
