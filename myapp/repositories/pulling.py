"""When a repository's mirror is brought up to date, and by whom: never by two at a time."""

from __future__ import annotations

import random
import time
from typing import Any

from myapp.context import Context
from myapp.errors import Conflict, RepositoryNotFound
from myapp.repositories.model import Repository
from myapp.store import heads as heads_table
from myapp.store import repositories as table
from myapp.store import schedules

PULL_LEASE = 15.0  # seconds; whoever pulls renews it every five
_LONGEST_PAUSE = 12  # intervals between two pulls of a repository that keeps failing


def next_pull(context: Context, now: float, failures: int = 0) -> float:
    """When to pull again: jittered, so that many repositories do not come at once."""
    pause = context.settings.pull_interval * min(2**failures, _LONGEST_PAUSE)
    return now + pause * random.uniform(0.9, 1.1)  # noqa: S311


def due_for_pull(context: Context, now: float, limit: int) -> list[Repository]:
    """Repositories to pull now, leased to the caller, who renews and ends each with `pulled`.

    One with the status `cloning` is there because whoever cloned it has died: clone it and end
    with `mark_ready` or `mark_failed`.
    """
    with context.database.write() as connection:
        rows = schedules.due_for_pull(connection, now, now + PULL_LEASE, limit)
    return [Repository.from_row(row) for row in rows]


def begin_pull(context: Context, repository_id: int) -> Repository:
    """Lease one repository for a pull that somebody asked for; a failed one is cloned anew.

    Raises RepositoryNotFound, and Conflict when it is revoked or a pull is going on.
    """
    now = time.time()
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        if row.status == "revoked":
            raise Conflict("Access to the repository was revoked: register it again")
        if not schedules.take_pull(connection, repository_id, now, now + PULL_LEASE):
            raise Conflict("The repository is being fetched already")
        if row.status == "failed":
            change = {"status": "cloning", "status_reason": None, "updated_at": now}
            table.update(connection, repository_id, change)
        found = table.by(connection, "id", repository_id)
    if found is None:
        raise RepositoryNotFound
    return Repository.from_row(found)


def renew_pull(context: Context, repository_id: int) -> None:
    """The pull goes on; one that has ended stays ended."""
    with context.database.write() as connection:
        schedules.renew_pull(connection, repository_id, time.time() + PULL_LEASE)


def pulled(
    context: Context,
    repository_id: int,
    *,
    heads: dict[str, str] | None = None,
    error: str | None = None,
) -> None:
    """End a pull: it worked, with `heads` the branches there are now, or `error` says why not.

    New heads are told to `builds.pull_head` before; here the branches that are gone are forgotten.
    """
    now = time.time()
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            return
        failures = row.pull_failures + 1 if error else 0
        change: dict[str, Any] = {
            "pull_lease_until": None,
            "pull_error": error,
            "pull_failures": failures,
            "pull_due_at": next_pull(context, now, failures),
        }
        if error is None:
            change["last_pulled_at"] = now
        table.update(connection, repository_id, change)
        if error is None and heads is not None:
            known = heads_table.of(connection, repository_id)
            heads_table.delete(connection, repository_id, sorted(known.keys() - heads.keys()))


def unseen_heads(context: Context, repository_id: int, heads: dict[str, str]) -> dict[str, str]:
    """Those of the heads (branch to SHA) that no pull has seen yet."""
    with context.database.read() as connection:
        known = heads_table.of(connection, repository_id)
    return {branch: sha for branch, sha in heads.items() if known.get(branch) != sha}
