"""Registering a repository, for the first time or again."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Any

from myapp.accounts.model import Account
from myapp.context import Context
from myapp.errors import Conflict
from myapp.repositories.model import Facts, Repository, described
from myapp.repositories.names import take_name
from myapp.repositories.pulling import PULL_LEASE
from myapp.store import access
from myapp.store import repositories as table
from myapp.store.audit import audit
from myapp.store.database import Connection


def register(context: Context, account: Account, facts: Facts, token: str) -> Repository:
    """Register what GitHub has just described, with the token that showed it; status `cloning`.

    One whose registration was revoked or failed is taken up again with its history. Raises
    Conflict if it is registered, of several callers at the same moment in all but one.
    """
    now = time.time()
    given = {
        **described(facts),
        "account_id": account.id,
        "token": context.vault.encrypt(token),
        "status": "cloning",
        "status_reason": None,
        "updated_at": now,
        "revoked_at": None,
        "checked_at": now,
        "check_due_at": now + context.settings.access_check_interval,
        "pull_error": None,
        "pull_failures": 0,
        "pull_due_at": now,
        # Whoever registers clones; if that process dies, the lease ends and a pull takes over.
        "pull_lease_until": now + PULL_LEASE,
    }
    with context.database.write() as connection:
        known = table.by(connection, "node_id", facts.node_id)
        row = table.locked(connection, known.id) if known else None
        if row is None:
            repository_id = _insert(context, connection, facts, given)
        elif row.status in ("revoked", "failed"):
            repository_id = _take_up_again(context, connection, row, given)
        else:
            repository_id = None
        if row is not None:
            take_name(connection, row.id, facts.owner, facts.name)
        if repository_id is not None:
            access.grant(connection, account.id, repository_id, facts.permission, now)
            audit(connection, account.login, "register", f"{facts.owner}/{facts.name}")
            stored = table.by(connection, "id", repository_id)
    if repository_id is None or stored is None:
        raise Conflict(f"{facts.owner}/{facts.name} is already registered")
    return Repository.from_row(stored)


def _insert(
    context: Context, connection: Connection, facts: Facts, given: dict[str, Any]
) -> int | None:
    holder = table.by(connection, "full_key", table.full_key(facts.owner, facts.name))
    if holder is not None:
        # Another repository under this name: GitHub has just said that it is no longer so.
        table.update(connection, holder.id, {"full_key": None, "check_due_at": time.time()})
    return table.insert(
        connection,
        {
            **given,
            "uid": str(uuid.uuid4()),
            "node_id": facts.node_id,
            "owner": facts.owner,
            "name": facts.name,
            "full_key": table.full_key(facts.owner, facts.name),
            "owner_key": facts.owner.lower(),
            "webhook_uid": secrets.token_urlsafe(24),
            "webhook_secret": context.vault.encrypt(secrets.token_urlsafe(32)),
            "hook_state": "unknown",
            "test_target": "test",
            "deploy_target": "deploy",
            "deploy_branch": facts.default_branch or "",
            "auto_deploy": False,
            "build_pull_requests": False,
            "one_build_per_branch": False,
            "next_number": 1,
            "created_at": given["updated_at"],
        },
    )


def _take_up_again(
    context: Context, connection: Connection, row: Any, given: dict[str, Any]
) -> int:
    """The webhook's address stays, so that a hook left at GitHub is found and repaired."""
    change = dict(given)
    if row.webhook_secret is None:
        change["webhook_secret"] = context.vault.encrypt(secrets.token_urlsafe(32))
        change["hook_state"] = "unknown"
        change["hook_reason"] = None
    table.update(connection, row.id, change)
    return row.id
