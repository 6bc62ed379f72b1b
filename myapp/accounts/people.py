"""Remembering, finding and disabling accounts."""

from __future__ import annotations

import time
from typing import Protocol

from myapp.accounts.model import Account
from myapp.context import Context
from myapp.errors import NotFound
from myapp.store import accounts as table
from myapp.store import api_tokens, sessions
from myapp.store.audit import audit


class Viewer(Protocol):
    """What is needed of github.model.Viewer."""

    @property
    def node_id(self) -> str:
        """The id that stays when the login changes."""

    @property
    def login(self) -> str:
        """The present login."""

    @property
    def name(self) -> str:
        """The name shown to people; may be empty."""

    @property
    def html_url(self) -> str:
        """The page at GitHub."""


def remember(context: Context, viewer: Viewer) -> Account:
    """The account of this viewer, created or brought up to date; disabled ones stay so."""
    with context.database.write() as connection:
        row = table.upsert(
            connection,
            github_id=viewer.node_id,
            login=viewer.login,
            name=viewer.name or viewer.login,
            html_url=viewer.html_url,
            now=time.time(),
        )
    return Account.from_row(row, context.settings.admins)


def find(context: Context, account_id: int) -> Account | None:
    """The account of this id."""
    with context.database.read() as connection:
        row = table.by_id(connection, account_id)
    return Account.from_row(row, context.settings.admins) if row else None


def find_by_login(context: Context, login: str) -> Account | None:
    """The account that was last seen under this login."""
    with context.database.read() as connection:
        row = table.by_login(connection, login)
    return Account.from_row(row, context.settings.admins) if row else None


def set_disabled(
    context: Context, login: str, reason: str | None, by: str = "administrator"
) -> Account:
    """Disable the account, which ends its sessions and tokens; None enables it again.

    Raises NotFound for a login that was never seen.
    """
    with context.database.write() as connection:
        row = table.by_login(connection, login)
        if row is None:
            raise NotFound(f"No account of the name {login} has been seen here")
        table.set_disabled(connection, row.id, reason)
        if reason is not None:
            sessions.delete_of(connection, row.id)
            api_tokens.delete_of(connection, row.id)
        action = "disable account" if reason is not None else "enable account"
        audit(connection, by, action, row.login, reason or "")
        row = table.by_id(connection, row.id)
        if row is None:
            raise NotFound
    context.changed("credentials")
    return Account.from_row(row, context.settings.admins)


def list_accounts(context: Context) -> list[Account]:
    """Everybody who was seen here, by login."""
    with context.database.read() as connection:
        rows = table.list_all(connection)
    return [Account.from_row(row, context.settings.admins) for row in rows]
