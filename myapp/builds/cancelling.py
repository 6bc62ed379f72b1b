"""Ending a build because somebody wants it."""

from __future__ import annotations

import time

from myapp.builds import telling
from myapp.builds.ending import end
from myapp.builds.losing import cancelled
from myapp.builds.model import Build
from myapp.builds.workers import SILENCE
from myapp.context import Context
from myapp.errors import BuildNotFound, Conflict
from myapp.github.text import one_line
from myapp.store import builds as table
from myapp.store import queue, workers
from myapp.store.audit import audit


def cancel(context: Context, build_id: int, by: str, reason: str) -> Build:
    """Cancel a build: at once if it waits or its worker is dead, else its worker is told.

    Raises BuildNotFound, and Conflict if it has ended.
    """
    now = time.time()
    reason = one_line(reason, 500)
    with context.database.write() as connection:
        row = queue.locked(connection, build_id)
        if row is None:
            raise BuildNotFound
        if row.state == "queued":
            end(connection, row, "cancelled", cancelled(by, reason), now)
        elif row.state == "running":
            queue.ask_to_cancel(connection, build_id, by, reason, now)
            if not workers.alive(connection, row.worker, now - SILENCE):
                why = cancelled(row.cancel_by or by, row.cancel_reason or reason)
                why = f"{why} (its worker was not running)"
                end(connection, row, "cancelled", why, now)
        else:
            raise Conflict(f"The build has ended already: {row.state}")
        stored = table.by_id(connection, build_id)
        if stored is None:
            raise BuildNotFound
        build = Build.from_row(stored)
        audit(connection, by, "cancel", f"{build.owner}/{build.name} #{build.number}", reason)
    if row.state == "running":
        context.bus.publish("cancel", build_id=build_id)
    telling.state_changed(context, build.repository_id, build.id, build.state)
    return build
