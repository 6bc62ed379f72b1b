"""How the service is doing: what /status, /health and /metrics tell."""

from __future__ import annotations

import time
from dataclasses import dataclass

from myapp.builds.workers import Worker, list_workers
from myapp.context import Context
from myapp.store import overview as table


@dataclass(frozen=True)
class Overview:
    """Counts of now, whose cost does not grow with history; ages in seconds, sizes in bytes."""

    queued: int
    running: int
    oldest_queued_age: float | None
    repositories: dict[str, int]
    statuses_waiting: int
    oldest_status_age: float | None
    database_size: int
    schema: str | None
    workers: list[Worker]


def status(context: Context) -> Overview:
    """The state of the queue, the workers, the outbox and the database."""
    now = time.time()
    with context.database.read() as connection:
        queue = table.queue(connection)
        repositories = table.repositories_by_status(connection)
        waiting, oldest = table.outbox(connection)
        size = table.database_size(connection)
        schema = table.schema(connection)
    return Overview(
        queued=queue.queued,
        running=queue.running,
        oldest_queued_age=_age(queue.oldest_queued, now),
        repositories=repositories,
        statuses_waiting=waiting,
        oldest_status_age=_age(oldest, now),
        database_size=size,
        schema=schema,
        workers=list_workers(context),
    )


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else max(0.0, now - moment)
