"""Once per interval in the whole installation, however many processes ask."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from myapp.context import Context
from myapp.store import leases


def once_per_interval(context: Context, name: str, interval: float, now: float) -> bool:
    """Whether the caller is to do the job `name` now: true for one caller per interval (s)."""
    with context.database.read() as connection:
        until = leases.until(connection, name)
    # Most calls end here, without a transaction that writes; a lease from a clock that was ahead
    # ends further in the future than an interval, and is left to the guarded write.
    if until is not None and now < until <= now + interval:
        return False
    holder = f"{socket.gethostname()}:{os.getpid()}"
    with context.database.write() as connection:
        return leases.take(connection, name, holder, now, interval)


@dataclass(frozen=True)
class Run:
    """When a job ran last, and where; `interval` in seconds."""

    name: str
    holder: str
    interval: float
    last_run_at: float


def runs(context: Context) -> list[Run]:
    """Every job that has run, by name."""
    with context.database.read() as connection:
        rows = leases.list_all(connection)
    return [Run(row.name, row.holder, row.until - row.last_run_at, row.last_run_at) for row in rows]
