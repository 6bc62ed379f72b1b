"""Which of the database's errors mean "not now" and become DatabaseUnavailable."""

from __future__ import annotations

import errno
import sqlite3

import sqlalchemy as sa

from myapp.errors import DatabaseUnavailable

# Primary result codes, https://www.sqlite.org/rescode.html: what time or an operator mends.
_SQLITE = {
    sqlite3.SQLITE_BUSY: "The database is busy: another process has held it for too long",
    sqlite3.SQLITE_LOCKED: "The database is busy: another process has held it for too long",
    sqlite3.SQLITE_FULL: "The disk is full: nothing was written",
    sqlite3.SQLITE_IOERR: "The database's disk does not work: nothing was written",
    sqlite3.SQLITE_CANTOPEN: "The database's file cannot be opened",
    sqlite3.SQLITE_READONLY: "The database's file cannot be written to",
    sqlite3.SQLITE_NOTADB: "The database's file is not a database",
    sqlite3.SQLITE_CORRUPT: "The database's file is damaged: restore a backup",
    sqlite3.SQLITE_NOMEM: "The database has no memory left: nothing was written",
}

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
_POSTGRESQL = {
    "08": "The database server cannot be reached",
    "25006": "The database server takes no writes at the moment",
    "40": "The database is busy: the transaction has to be tried again",
    "53": "The database server is out of disk, memory or connections",
    "55P03": "The database is busy: another process has held it for too long",
    "57": "The database server ended the transaction",
}


def unavailable(error: BaseException) -> DatabaseUnavailable | None:
    """The error to raise instead, or None if it is a fault of ours that must be seen."""
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseUnavailable("All connections to the database are in use")
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        sentence = _sqlite(cause)
    elif isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.DBAPIError)):
        sentence = _postgresql(error)
    else:
        sentence = None
    return DatabaseUnavailable(sentence) if sentence else None


def _sqlite(cause: sqlite3.Error) -> str | None:
    code = getattr(cause, "sqlite_errorcode", None)
    return _SQLITE.get(code & 0xFF) if code is not None else None


def _postgresql(error: sa.exc.DBAPIError) -> str | None:
    code = getattr(error.orig, "pgcode", None)
    if code:
        return _POSTGRESQL.get(code) or _POSTGRESQL.get(code[:2])
    lost = error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    return _POSTGRESQL["08"] if lost else None


def disk_is_full(error: OSError) -> bool:
    """Whether the operating system says that there is no room, or no room for us."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
