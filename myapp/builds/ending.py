"""Ending a build from outside its worker, and telling GitHub in the same transaction."""

from __future__ import annotations

from typing import Protocol

from myapp.builds.commit_status import outbox_row
from myapp.store import queue, statuses
from myapp.store.database import Connection


class Known(Protocol):
    """A build as the caller has just read it, as Build or as a row."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def state(self) -> str:
        """Queued or running."""

    @property
    def job(self) -> str:
        """Test or deploy."""

    @property
    def environment(self) -> str | None:
        """A deployment's."""


def tell_github(
    connection: Connection, build: Known, state: str, reason: str | None, now: float
) -> None:
    """Put the state into the outbox of commit statuses."""
    row = outbox_row(
        build.id, job=build.job, environment=build.environment, state=state, reason=reason, now=now
    )
    statuses.put(connection, [row])


def end(connection: Connection, build: Known, state: str, reason: str, now: float) -> bool:
    """End it with this reason; False if it is not in the state it was read in any more."""
    done = queue.close(
        connection, build.id, from_state=build.state, to_state=state, reason=reason, now=now
    )
    if done:
        tell_github(connection, build, state, reason, now)
    return done
