from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from myapp.errors import DatabaseUnavailable
from myapp.store.failures import unavailable


def sqlite_error(code: int | None) -> sa.exc.OperationalError:
    cause = sqlite3.OperationalError("some text")
    if code is not None:
        cause.sqlite_errorcode = code
    return sa.exc.OperationalError("SELECT 1", {}, cause)


class DriverError(Exception):
    """As psycopg2's, which has the server's code."""

    def __init__(self, pgcode: str | None) -> None:
        super().__init__("some text")
        self.pgcode = pgcode


def postgresql_error(pgcode: str | None, kind: Any = sa.exc.OperationalError) -> Any:
    return kind("SELECT 1", {}, DriverError(pgcode))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_BUSY, "busy"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk does not work"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "written to"),
        (sqlite3.SQLITE_CORRUPT, "restore a backup"),
    ],
)
def test_what_time_or_an_operator_mends_is_told_as_such(code: int, word: str) -> None:
    error = unavailable(sqlite_error(code))
    assert isinstance(error, DatabaseUnavailable)
    assert word in error.detail


@pytest.mark.parametrize(
    ("pgcode", "word"),
    [
        ("08006", "reached"),
        ("53100", "disk"),
        ("53300", "connections"),
        ("55P03", "busy"),
        ("40P01", "tried again"),
        ("57P01", "ended"),
        ("25006", "no writes"),
        (None, "reached"),
    ],
)
def test_postgresql_being_busy_or_gone_is_told_as_such(pgcode: str | None, word: str) -> None:
    error = unavailable(postgresql_error(pgcode))
    assert isinstance(error, DatabaseUnavailable)
    assert word in error.detail


@pytest.mark.parametrize(
    "fault",
    [
        sqlite_error(sqlite3.SQLITE_ERROR),  # no such table, a syntax error
        sqlite_error(None),
        postgresql_error("42P01", sa.exc.ProgrammingError),
        postgresql_error("23505", sa.exc.IntegrityError),
        postgresql_error(None, sa.exc.DataError),
        sa.exc.InvalidRequestError("wrong use"),
        ValueError("not a database's"),
    ],
)
def test_a_fault_of_ours_is_not_hidden_behind_503(fault: Exception) -> None:
    assert unavailable(fault) is None
