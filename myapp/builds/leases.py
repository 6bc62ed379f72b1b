"""Builds whose workers are lost: queued again, or ended, with a reason."""

from __future__ import annotations

import time
from typing import Any

from myapp.builds import telling
from myapp.builds.claiming import LEASE
from myapp.builds.ending import end, tell_github
from myapp.builds.losing import lost
from myapp.builds.model import Build
from myapp.context import Context
from myapp.store import builds as table
from myapp.store import log_chunks, queue
from myapp.store.database import Connection


def expire_leases(context: Context, now: float) -> list[Build]:
    """Settle every running build whose lease is over; those builds as they are then."""
    with context.database.write() as connection:
        settled = [_settle(connection, row, now) for row in queue.expired(connection, now)]
        rows = table.by_ids(connection, [build_id for build_id in settled if build_id])
    return _tell(context, rows)


def worker_died(context: Context, worker: str, now: float | None = None) -> list[Build]:
    """The worker is known to be dead: settle its builds without waiting for their leases."""
    now = time.time() if now is None else now
    with context.database.write() as connection:
        found = queue.running_on(connection, worker)
        settled = [_settle(connection, row, now) for row in found]
        rows = table.by_ids(connection, [build_id for build_id in settled if build_id])
    return _tell(context, rows)


def _settle(connection: Connection, row: Any, now: float) -> int | None:
    verdict = lost(
        job=row.job,
        attempt=row.attempt,
        losses=row.losses,
        worker=row.worker,
        seen_at=min(now, (row.lease_until or now + LEASE) - LEASE),
        cancel_requested=row.cancel_requested_at is not None,
        cancel_by=row.cancel_by,
        cancel_reason=row.cancel_reason,
    )
    line = f"\n--- {verdict.log_line} ---\n".encode()
    size = queue.grow_log(connection, row.id, row.attempt, len(line))
    if size is None:
        return None
    log_chunks.append(connection, row.id, size - len(line), line)
    if verdict.state == "queued":
        queue.queue_again(connection, row.id, row.attempt, verdict.reason, lost=True)
        tell_github(connection, row, "queued", verdict.reason, now)
    else:
        end(connection, row, verdict.state, verdict.reason, now)
    return row.id


def _tell(context: Context, rows: list[Any]) -> list[Build]:
    builds = [Build.from_row(row) for row in rows]
    for build in builds:
        telling.state_changed(context, build.repository_id, build.id, build.state)
        if build.state == "queued":
            telling.queued(context, build.repository_id, build.id)
    return builds
