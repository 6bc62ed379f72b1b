"""What the worker that holds a build writes; every write carries the attempt.

Each of these raises LeaseLost when the attempt is over: the worker must stop at once.
"""

from __future__ import annotations

import time
from typing import Protocol

from myapp.builds import telling
from myapp.builds.claiming import LEASE
from myapp.builds.ending import end, tell_github
from myapp.builds.losing import clock, never_again
from myapp.builds.model import RESULTS, Build, Renewal
from myapp.context import Context
from myapp.errors import LeaseLost
from myapp.github.text import clean
from myapp.store import builds as table
from myapp.store import log_chunks, queue
from myapp.store.database import Connection

LONGEST_REASON = 1000


class Result(Protocol):
    """What is needed of runner.Result."""

    @property
    def state(self) -> str:
        """One of RESULTS."""

    @property
    def reason(self) -> str | None:
        """One sentence, unless it passed."""

    @property
    def exit_code(self) -> int | None:
        """Make's, None if it never ran."""

    @property
    def cpu_seconds(self) -> float | None:
        """Of the whole process tree."""

    @property
    def max_rss(self) -> int | None:
        """Bytes."""


def renew(context: Context, build_id: int, attempt: int) -> Renewal:
    """Hold the build for another 60 s, and hear whether it is to be cancelled."""
    with context.database.write() as connection:
        row = queue.renew(connection, build_id, attempt, time.time() + LEASE)
    if row is None:
        raise LeaseLost
    if row.cancel_requested_at is None:
        return Renewal(None, None)
    return Renewal(row.cancel_by or "somebody", row.cancel_reason)


def enter_step(context: Context, build_id: int, attempt: int, step: str) -> None:
    """Write down what the build is doing now."""
    with context.database.write() as connection:
        if not queue.enter_step(connection, build_id, attempt, step):
            raise LeaseLost


def append_log(context: Context, build_id: int, attempt: int, data: bytes) -> int:
    """Append masked output; the log's new size. The cost does not grow with the log."""
    with context.database.write() as connection:
        size = queue.grow_log(connection, build_id, attempt, len(data))
        if size is None:
            raise LeaseLost
        if data:
            log_chunks.append(connection, build_id, size - len(data), data)
    context.bus.publish("log", build_id=build_id, size=size)
    return size


def finish(context: Context, build_id: int, attempt: int, result: Result) -> Build:
    """End the build; the commit status is written in the same transaction."""
    if result.state not in RESULTS:
        raise ValueError(f"A worker cannot end a build as {result.state!r}")
    now = time.time()
    with context.database.write() as connection:
        reason = clean(result.reason, LONGEST_REASON) or None
        values = {
            "to_state": result.state,
            "because": reason,
            "now": now,
            "code": result.exit_code,
            "cpu": result.cpu_seconds,
            "rss": result.max_rss,
        }
        if not queue.finish(connection, build_id, attempt, values):
            raise LeaseLost
        build = _read(connection, build_id)
        tell_github(connection, build, build.state, reason, now)
    telling.state_changed(context, build.repository_id, build.id, build.state)
    return build


def hand_back(context: Context, build_id: int, attempt: int, reason: str) -> Build:
    """Give the build up unfinished, as a worker does that is told to stop.

    A test is queued again, however often; a deployment never runs again by itself.
    """
    now = time.time()
    with context.database.write() as connection:
        build = _read(connection, build_id)
        if build.attempt != attempt or build.state != "running":
            raise LeaseLost
        if build.job == "deploy":
            end(connection, build, "errored", never_again(reason), now)
        else:
            why = f"attempt {attempt + 1}: {reason} at {clock(now)}"
            if not queue.queue_again(connection, build_id, attempt, why, lost=False):
                raise LeaseLost
            tell_github(connection, build, "queued", why, now)
        build = _read(connection, build_id)
    telling.state_changed(context, build.repository_id, build.id, build.state)
    if build.state == "queued":
        telling.queued(context, build.repository_id, build.id)
    return build


def _read(connection: Connection, build_id: int) -> Build:
    row = table.by_id(connection, build_id)
    if row is None:
        raise LeaseLost
    return Build.from_row(row)
