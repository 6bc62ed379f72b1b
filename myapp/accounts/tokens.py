"""Hobotnica's own API tokens."""

from __future__ import annotations

import time

from myapp.accounts.credentials import GROUP, TTL
from myapp.accounts.model import Account, ApiToken
from myapp.accounts.secrets import API_TOKEN_PREFIX, digest, fresh
from myapp.context import Context
from myapp.errors import NotFound
from myapp.store import api_tokens as table
from myapp.store.audit import audit


def create_api_token(context: Context, account: Account, name: str) -> str:
    """A new token (`hob_...`), told this once; only its hash is kept."""
    token = API_TOKEN_PREFIX + fresh()
    with context.database.write() as connection:
        table.insert(connection, account.id, name, digest(token), time.time())
        audit(connection, account.login, "create API token", name)
    return token


def by_api_token(context: Context, token: str) -> Account | None:
    """The account whose token this is; it may be disabled."""
    if not token.startswith(API_TOKEN_PREFIX):
        return None
    hashed = digest(token)

    def load() -> Account | None:
        with context.database.read() as connection:
            row = table.owner(connection, hashed)
        return Account.from_row(row, context.settings.admins) if row else None

    return context.cache.fetch(GROUP, f"api:{hashed}", TTL, load)


def list_api_tokens(context: Context, account: Account) -> list[ApiToken]:
    """The account's tokens, the oldest first."""
    with context.database.read() as connection:
        return [ApiToken(*row) for row in table.list_of(connection, account.id)]


def delete_api_token(context: Context, account: Account, token_id: int) -> None:
    """End one of the account's tokens; raises NotFound."""
    with context.database.write() as connection:
        if not table.delete(connection, account.id, token_id):
            raise NotFound
        audit(connection, account.login, "delete API token", str(token_id))
    context.changed(GROUP)
