"""The browser's sessions."""

from __future__ import annotations

import time

from myapp.accounts.model import Account
from myapp.accounts.secrets import digest, fresh
from myapp.context import Context
from myapp.store import sessions as table
from myapp.vault import VaultError

DEFAULT_TTL = 14 * 86400.0


def open_session(
    context: Context, account: Account, token: str, *, ttl: float = DEFAULT_TTL
) -> str:
    """Begin a session of `ttl` seconds that acts with this GitHub token; its id."""
    session_id = fresh()
    encrypted = context.vault.encrypt(token)
    with context.database.write() as connection:
        table.insert(
            connection,
            id_hash=digest(session_id),
            account_id=account.id,
            token=encrypted,
            now=time.time(),
            ttl=ttl,
        )
    return session_id


def session(context: Context, session_id: str) -> tuple[Account, str] | None:
    """The account and its GitHub token, None when the session is unknown or over."""
    with context.database.read() as connection:
        row = table.find(connection, digest(session_id), time.time())
    if row is None:
        return None
    try:
        token = context.vault.decrypt(row.token)
    except VaultError:
        return None  # the key has been changed: logging in again mends it
    return Account.from_row(row, context.settings.admins), token


def close_session(context: Context, session_id: str) -> None:
    """End the session; an unknown one is no error."""
    with context.database.write() as connection:
        table.delete(connection, digest(session_id))
