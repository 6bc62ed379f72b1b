"""What GitHub lets an account do with a repository, as it was last told."""

from __future__ import annotations

import time

from myapp.accounts.model import PERMISSIONS, Access, Account
from myapp.context import Context
from myapp.store import access as table


def grant(context: Context, account: Account, repository_id: int, permission: str | None) -> None:
    """Write down what GitHub said just now; None: the account does not see the repository."""
    if permission is not None and permission not in PERMISSIONS:
        raise ValueError(f"{permission!r} is no permission of GitHub's")
    with context.database.write() as connection:
        if permission is None:
            table.take_away(connection, account.id, repository_id)
        else:
            table.grant(connection, account.id, repository_id, permission, time.time())


def access(context: Context, account: Account, repository_id: int) -> Access | None:
    """What the account may do and when GitHub was asked, None if nothing is known."""
    with context.database.read() as connection:
        row = table.find(connection, account.id, repository_id)
    return Access(row.permission, row.checked_at) if row else None
