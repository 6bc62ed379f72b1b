"""Whether the token still reads the repository, and what GitHub says of it now."""

from __future__ import annotations

import random
import time
from typing import Any

from myapp.context import Context
from myapp.repositories.lifecycle import rename
from myapp.repositories.model import Facts, Repository, described
from myapp.store import access, schedules
from myapp.store import repositories as table

_RETRY = 120.0  # seconds until one is due again whose check ended without an answer


def due_for_access_check(context: Context, now: float, limit: int) -> list[Repository]:
    """Repositories to ask GitHub about; each is ended with `access_checked` or `revoke`.

    When GitHub does not answer nothing is to be done: they are due again in two minutes, or
    after the interval if that is shorter.
    """
    again = now + min(_RETRY, context.settings.access_check_interval)
    with context.database.write() as connection:
        rows = schedules.due_for_check(connection, now, again, limit)
    return [Repository.from_row(row) for row in rows]


def access_checked(context: Context, repository_id: int, facts: Facts) -> Repository | None:
    """GitHub answered: the token reads it, and this is what it is called and is now."""
    now = time.time()
    pause = context.settings.access_check_interval * random.uniform(0.9, 1.1)  # noqa: S311
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            return None
        change: dict[str, Any] = {
            **described(facts),
            "checked_at": now,
            "check_due_at": now + pause,
        }
        table.update(connection, repository_id, change)
        access.grant(connection, row.account_id, repository_id, facts.permission, now)
        renamed = (row.owner, row.name) != (facts.owner, facts.name) or row.full_key is None
        found = table.by(connection, "id", repository_id)
    if renamed:
        return rename(context, repository_id, facts.owner, facts.name)
    return Repository.from_row(found) if found else None
