"""Fills in what depends on the moment: why a build waits, its place, and when it should end."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from myapp.builds.model import Build
from myapp.builds.waiting import Load, Waiting, explain
from myapp.builds.workers import SILENCE
from myapp.context import Context
from myapp.store import builds as table
from myapp.store import queue
from myapp.store.database import Connection

_LOOKED_AT = 1000  # builds at the head of the queue that are told their place
_TTL = 1.0  # seconds; and every change of the queue drops it
_RECENT = 50  # builds of a repository whose green ones make the median


@dataclass(frozen=True)
class _Queue:
    waiting: dict[int, Waiting]
    workers: list[Load]


def fill(context: Context, connection: Connection, builds: Sequence[Build]) -> list[Build]:
    """The builds with reason, queue_position and eta of those that have not ended."""
    if all(build.is_final for build in builds):
        return list(builds)
    now = time.time()
    seen = None
    if any(build.state == "queued" for build in builds):
        seen = context.cache.fetch("queue", "look", _TTL, lambda: _look(connection, now))
    return [
        build if build.is_final else _filled(context, connection, build, seen, now)
        for build in builds
    ]


def _look(connection: Connection, now: float) -> _Queue:
    workers = [Load(*row) for row in queue.worker_loads(connection, now - SILENCE)]
    waiting = {}
    position = 0
    for row in queue.waiting(connection, _LOOKED_AT):
        ready = row.status == "ready"
        position += ready
        waiting[row.id] = Waiting(
            position if ready else None,
            row.status,
            row.status_reason,
            "deploy" if (row.lane or "").startswith("deploy:") else "test",
            row.lane_holder,
        )
    return _Queue(waiting, workers)


def _filled(
    context: Context, connection: Connection, build: Build, seen: _Queue | None, now: float
) -> Build:
    median = _median(context, connection, build.repository_id, build.job)
    if build.state == "running" or seen is None:
        started = build.started_at
        eta = started + median if median is not None and started is not None else None
        return replace(build, eta=eta)
    far_back = Waiting(None, "ready", None, build.job, None)
    waiting = seen.waiting.get(build.id, far_back)
    slots = sum(worker.slots for worker in seen.workers)
    eta = None
    if median is not None and waiting.position is not None and slots:
        eta = now + median * math.ceil(waiting.position / slots)
    return replace(
        build,
        reason=explain(waiting, seen.workers, build.reason),
        queue_position=waiting.position,
        eta=eta,
    )


def _median(context: Context, connection: Connection, repository_id: int, job: str) -> float | None:
    group, name = f"builds:{repository_id}", f"median:{job}"
    found = context.cache.get(group, name)
    if found is None:
        seconds = table.durations(connection, repository_id, job, _RECENT)
        found = statistics.median(seconds) if seconds else -1.0
        context.cache.put(group, name, found, 60)
    return found if found >= 0 else None
