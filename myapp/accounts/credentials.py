"""Credentials that GitHub has just confirmed, so that it is not asked for every request."""

from __future__ import annotations

from myapp.accounts.model import Account
from myapp.accounts.secrets import digest
from myapp.context import Context

TTL = 60.0
GROUP = "credentials"


def remember_credentials(context: Context, username: str, token: str, account: Account) -> None:
    """GitHub said that this token is this account's; `username` is what the client sent."""
    context.cache.put(GROUP, _name(username, token), account, TTL)


def recall_credentials(context: Context, username: str, token: str) -> Account | None:
    """The account, None when GitHub has to be asked (again)."""
    return context.cache.get(GROUP, _name(username, token))


def _name(username: str, token: str) -> str:
    return f"{username.lower()}:{digest(token)}"
