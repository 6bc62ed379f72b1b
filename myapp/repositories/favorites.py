"""The repositories that somebody wants to see first."""

from __future__ import annotations

import time

from myapp.accounts.model import Account
from myapp.context import Context
from myapp.repositories.model import Repository
from myapp.store import favorites
from myapp.store import repositories as table


def set_favorite(context: Context, account: Account, repository_id: int, marked: bool) -> None:
    """Mark the repository for this account, or take the mark away."""
    with context.database.write() as connection:
        if marked:
            favorites.add(connection, account.id, repository_id, time.time())
        else:
            favorites.remove(connection, account.id, repository_id)


def list_favorites(context: Context, account: Account) -> list[Repository]:
    """What the account marked and still sees, the newest mark first."""
    with context.database.read() as connection:
        rows = table.list_favorites(connection, account.id, account.admin)
    return [Repository.from_row(row) for row in rows]
