"""Commit statuses on their way to GitHub: written with the build, sent until GitHub has them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from myapp.context import Context
from myapp.store import statuses as table
from myapp.vault import VaultError

LEASE = 120.0  # seconds within which whoever took a status sends it


@dataclass(frozen=True)
class PendingStatus:
    """The newest status of a build and context; `failures` counts the tries in vain."""

    id: int
    build_id: int
    owner: str
    name: str
    sha: str
    state: str
    description: str
    context: str
    failures: int
    target_url: str
    token: str = field(repr=False)


def due(context: Context, now: float, limit: int) -> list[PendingStatus]:
    """What is to be sent now, leased to the caller; end each with one of the verbs below.

    What can never be sent, for want of a token, is given up here.
    """
    with context.database.write() as connection:
        rows = table.lease_due(connection, now, now + LEASE, limit)
        pending = []
        for row in rows:
            try:
                token = context.vault.decrypt(row.token) if row.token is not None else None
            except VaultError as error:
                table.give_up(connection, row.id, error.detail)
                continue
            if token is None:
                table.give_up(connection, row.id, "the repository has no token any more")
                continue
            url = f"{context.settings.base_url}/builds/{row.build_id}"
            pending.append(PendingStatus(**_named(row), target_url=url, token=token))
    return pending


def _named(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "token"}


def taken(context: Context, status_id: int) -> None:
    """GitHub has it; a newer state that was written meanwhile stays due."""
    with context.database.write() as connection:
        table.taken(connection, status_id, time.time())


def postpone(context: Context, status_id: int, error: str, retry_at: float) -> None:
    """GitHub did not take it: again at `retry_at`."""
    with context.database.write() as connection:
        table.postpone(connection, status_id, error, retry_at)


def give_up(context: Context, status_id: int, error: str) -> None:
    """GitHub will never take it, for this reason."""
    with context.database.write() as connection:
        table.give_up(connection, status_id, error)
