"""The workers: who is there, and since when each was last heard of."""

from __future__ import annotations

import time
from dataclasses import dataclass

from myapp.context import Context
from myapp.store import workers as table

SILENCE = 30.0  # seconds without a word after which a worker counts as dead; it speaks every ten


@dataclass(frozen=True)
class Worker:
    """A worker, and how many builds it is running; times in seconds since 1970."""

    name: str
    host: str
    pid: int
    slots: int
    sandbox: str
    version: str
    started_at: float
    seen_at: float
    gone_at: float | None
    running: int

    def is_alive(self, now: float) -> bool:
        """Whether it was heard of lately and has not said that it stops."""
        return self.gone_at is None and self.seen_at >= now - SILENCE


def announce(
    context: Context, name: str, host: str, pid: int, slots: int, sandbox: str, version: str
) -> None:
    """A worker has started."""
    facts = {"host": host, "pid": pid, "slots": slots, "sandbox": sandbox, "version": version}
    with context.database.write() as connection:
        table.announce(connection, name, time.time(), facts)
    context.cache.drop("queue")


def seen(context: Context, name: str) -> bool:
    """The worker is alive; False if it has to announce itself (again)."""
    with context.database.write() as connection:
        return table.seen(connection, name, time.time())


def gone(context: Context, name: str) -> None:
    """The worker has stopped by itself."""
    with context.database.write() as connection:
        table.gone(connection, name, time.time())
    context.cache.drop("queue")


def list_workers(context: Context) -> list[Worker]:
    """All workers that were heard of in the last weeks, by name."""
    with context.database.read() as connection:
        return [Worker(*row) for row in table.list_all(connection)]
