"""Removing what is old, a little at a time, so that nobody waits for it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from myapp.context import Context
from myapp.store import deliveries, idempotency, log_chunks, retention, sessions, workers

DAY = 86400.0
DELIVERY_DAYS = 30  # GitHub itself delivers again for three days at most
WORKER_DAYS = 14
ANSWER_HOURS = 24
AUDIT_DAYS = 730
_BUILDS = 50  # per transaction
_CHUNKS = 200  # of 64 KB, per transaction
_ROWS = 500
_BUDGET = 5.0  # seconds of one call; the next one goes on


@dataclass(frozen=True)
class Removed:
    """How much one call removed; `more` tells that it ended before all was done."""

    builds: int
    deliveries: int
    sessions: int
    answers: int
    more: bool


def remove_old(context: Context, now: float) -> Removed:
    """Remove builds over the retention (each repository's last one stays), and what is over."""
    deadline = time.monotonic() + _BUDGET
    with context.database.write() as connection:
        gone_sessions = sessions.delete_expired(connection, now)
        gone_answers = idempotency.delete_before(connection, now - ANSWER_HOURS * 3600)
        workers.delete_before(connection, now - WORKER_DAYS * DAY)
        retention.delete_audit_before(connection, now - AUDIT_DAYS * DAY, _ROWS)
    gone_deliveries = gone_builds = 0
    more = True
    while more and time.monotonic() < deadline:
        with context.database.write() as connection:
            count = deliveries.delete_before(connection, now - DELIVERY_DAYS * DAY, _ROWS)
        gone_deliveries += count
        more = count == _ROWS
    days = context.settings.retention_days
    if days:
        more = True
        while more and time.monotonic() < deadline:
            count, more = _remove_builds(context, now - days * DAY, deadline)
            gone_builds += count
    return Removed(gone_builds, gone_deliveries, gone_sessions, gone_answers, more)


def _remove_builds(context: Context, moment: float, deadline: float) -> tuple[int, bool]:
    """A few builds with their logs; how many, and whether there is more."""
    with context.database.read() as connection:
        old = retention.builds_before(connection, moment, _BUILDS)
    removed = 0
    for build_id, repository_id in old:
        while time.monotonic() < deadline:
            with context.database.write() as connection:
                if log_chunks.delete_first(connection, build_id, _CHUNKS) == _CHUNKS:
                    continue
                retention.delete_build(connection, build_id)
            context.cache.drop(f"builds:{repository_id}")
            removed += 1
            break
    return removed, len(old) == _BUILDS or removed < len(old)


def vacuum(context: Context) -> None:
    """Give the disk back what was removed, and let the database learn how its rows lie."""
    retention.vacuum(context.database)
