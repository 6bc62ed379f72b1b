"""What becomes of a repository after it was registered."""

from __future__ import annotations

import secrets
import time
from typing import Any

from myapp.context import Context
from myapp.errors import Conflict, RepositoryNotFound
from myapp.repositories.environment import repository_scope
from myapp.repositories.model import Facts, Repository, described
from myapp.repositories.names import take_name
from myapp.repositories.pulling import next_pull
from myapp.store import heads as heads_table
from myapp.store import queue, variables
from myapp.store import repositories as table
from myapp.store.audit import audit
from myapp.store.database import Connection

SYSTEM = "hobotnica"


def mark_ready(
    context: Context,
    repository_id: int,
    facts: Facts | None = None,
    heads: dict[str, str] | None = None,
) -> Repository | None:
    """The mirror is there; `heads` are its branches, which are not built for having been cloned.

    None if the repository was deleted or revoked meanwhile: its mirror has to go.
    """
    now = time.time()
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None or row.status == "revoked":
            return None
        change: dict[str, Any] = {
            "status": "ready",
            "status_reason": None,
            "updated_at": now,
            "last_pulled_at": now,
            "pull_error": None,
            "pull_failures": 0,
            "pull_due_at": next_pull(context, now),
            "pull_lease_until": None,
        }
        if facts is not None:
            change.update(described(facts))
            if not row.deploy_branch:
                change["deploy_branch"] = facts.default_branch or ""
        table.update(connection, repository_id, change)
        heads_table.put(connection, repository_id, heads or _default_head(row, facts))
        found = table.by(connection, "id", repository_id)
    context.changed(f"repository:{repository_id}")
    context.cache.drop("queue")
    context.bus.publish("queued", repository_id=repository_id)  # builds may have waited for it
    return Repository.from_row(found) if found else None


def _default_head(row: Any, facts: Facts | None) -> dict[str, str]:
    branch = facts.default_branch if facts else row.default_branch
    sha = facts.default_branch_sha if facts else row.default_branch_sha
    return {branch: sha} if branch and sha else {}


def mark_failed(context: Context, repository_id: int, reason: str) -> Repository | None:
    """The first clone did not work, for this reason; None if it is deleted or revoked."""
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None or row.status not in ("cloning", "failed"):
            return None
        change = {
            "status": "failed",
            "status_reason": reason,
            "updated_at": time.time(),
            "pull_lease_until": None,
        }
        table.update(connection, repository_id, change)
        found = table.by(connection, "id", repository_id)
    context.changed(f"repository:{repository_id}")
    context.changed("queue")
    return Repository.from_row(found) if found else None


def revoke(context: Context, repository_id: int, reason: str, by: str = SYSTEM) -> Repository:
    """Forget the token, the webhook's secret and the variables; end what waits or runs.

    The caller removes the mirror and, before this, the webhook. Raises RepositoryNotFound.
    """
    now = time.time()
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        change = {
            "status": "revoked",
            "status_reason": reason,
            "revoked_at": now,
            "updated_at": now,
            "token": None,
            "webhook_secret": None,
            "hook_id": None,
            "hook_state": "unknown",
            "hook_reason": None,
            "pull_lease_until": None,
        }
        table.update(connection, repository_id, change)
        variables.delete_scope(connection, repository_scope(repository_id))
        heads_table.delete(connection, repository_id, list(heads_table.of(connection, row.id)))
        running = _end_builds(connection, repository_id, reason, by, now)
        audit(connection, by, "revoke", f"{row.owner}/{row.name}", reason)
        found = table.by(connection, "id", repository_id)
    _tell(context, repository_id, running)
    if found is None:
        raise RepositoryNotFound
    return Repository.from_row(found)


def _end_builds(
    connection: Connection, repository_id: int, reason: str, by: str, now: float
) -> list[int]:
    """Cancel what is queued, flag what runs; the ids of the running ones."""
    running = []
    for build in queue.unfinished_of(connection, repository_id):
        if build.state == "queued":
            why = f"cancelled by {by}: {reason}"
            queue.close(
                connection, build.id, from_state="queued", to_state="cancelled", reason=why, now=now
            )
        else:
            queue.ask_to_cancel(connection, build.id, by, reason, now)
            running.append(build.id)
    return running


def delete(context: Context, repository_id: int, by: str) -> None:
    """Remove the repository with its builds, logs, variables, deliveries, statuses and access.

    The caller removes the mirror and, before this, the webhook. Raises RepositoryNotFound.
    """
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        builds = queue.unfinished_of(connection, repository_id)
        variables.delete_scope(connection, repository_scope(repository_id))
        table.delete(connection, repository_id)
        audit(connection, by, "delete", f"{row.owner}/{row.name}")
    _tell(context, repository_id, [build.id for build in builds if build.state == "running"])


def _tell(context: Context, repository_id: int, running: list[int]) -> None:
    context.changed(f"repository:{repository_id}")
    context.changed(f"builds:{repository_id}")
    context.changed("queue")
    for build_id in running:
        context.bus.publish("cancel", build_id=build_id)


def rename(context: Context, repository_id: int, owner: str, name: str) -> Repository:
    """GitHub says that the repository is called so now; raises RepositoryNotFound."""
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        if (row.owner, row.name) != (owner, name) or row.full_key is None:
            take_name(connection, repository_id, owner, name)
            detail = f"{row.owner}/{row.name}"
            audit(connection, SYSTEM, "rename", f"{owner}/{name}", f"was {detail}")
        found = table.by(connection, "id", repository_id)
    context.changed(f"repository:{repository_id}")
    context.changed(f"builds:{repository_id}")
    if found is None:
        raise RepositoryNotFound
    return Repository.from_row(found)


def set_hook(
    context: Context, repository_id: int, hook_id: int | None, state: str, reason: str | None
) -> None:
    """Write down whether the webhook is `installed` at GitHub, to be made by hand, or unknown."""
    if state not in ("installed", "manual", "unknown"):
        raise ValueError(f"{state!r} is no state of a webhook")
    change = {"hook_id": hook_id, "hook_state": state, "hook_reason": reason}
    with context.database.write() as connection:
        table.update(connection, repository_id, change)
    context.changed(f"repository:{repository_id}")


def rotate_webhook_secret(context: Context, repository_id: int, by: str) -> str:
    """Make a new webhook secret, told this once; deliveries signed with the old one are refused.

    Raises RepositoryNotFound, and Conflict when access was revoked.
    """
    secret = secrets.token_urlsafe(32)
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        if row.status == "revoked":
            raise Conflict("Access was revoked: register the repository again")
        change = {"webhook_secret": context.vault.encrypt(secret), "updated_at": time.time()}
        table.update(connection, repository_id, change)
        audit(connection, by, "rotate webhook secret", f"{row.owner}/{row.name}")
    context.changed(f"repository:{repository_id}")
    return secret
