"""The repositories that somebody wants to see first."""

from __future__ import annotations

import time

from myapp.accounts.model import Account
from myapp.context import Context
from myapp.repositories.model import Repository
from myapp.store import favorites
from myapp.store import repositories as table

# What wants looking at comes first.
_URGENCY = {"failed": 0, "revoked": 1, "running": 2, "cloning": 3, "ready": 4}


def set_favorite(context: Context, account: Account, repository_id: int, marked: bool) -> None:
    """Mark the repository for this account, or take the mark away."""
    with context.database.write() as connection:
        if marked:
            favorites.add(connection, account.id, repository_id, time.time())
        else:
            favorites.remove(connection, account.id, repository_id)


def list_favorites(context: Context, account: Account, order: str = "date") -> list[Repository]:
    """What the account marked and still sees: by `date` (newest mark first) or by `status`."""
    with context.database.read() as connection:
        rows = table.list_favorites(connection, account.id, account.admin)
    found = [Repository.from_row(row) for row in rows]
    if order == "status":
        found.sort(key=lambda repository: _URGENCY.get(repository.status, 9))
    return found
