"""Hobotnica's own API tokens: only their hashes are kept."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.accounts import COLUMNS, accounts
from myapp.store.metadata import Moment, belongs_to, identity, metadata

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    identity(),
    belongs_to("accounts", index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

_OWNER = (
    sa.select(*COLUMNS)
    .join(api_tokens, api_tokens.c.account_id == accounts.c.id)
    .where(api_tokens.c.token_hash == sa.bindparam("token_hash"))
)


def insert(
    connection: sa.Connection, account_id: int, name: str, token_hash: str, now: float
) -> None:
    """Keep a token's hash."""
    connection.execute(
        sa.insert(api_tokens),
        {"account_id": account_id, "name": name, "token_hash": token_hash, "created_at": now},
    )


def owner(connection: sa.Connection, token_hash: str) -> sa.Row | None:
    """The account whose token this is."""
    return connection.execute(_OWNER, {"token_hash": token_hash}).one_or_none()


def list_of(connection: sa.Connection, account_id: int) -> list[sa.Row]:
    """(id, name, created_at) of the account's tokens, the oldest first."""
    statement = sa.select(api_tokens.c.id, api_tokens.c.name, api_tokens.c.created_at)
    statement = statement.where(api_tokens.c.account_id == account_id).order_by(api_tokens.c.id)
    return list(connection.execute(statement))


def delete(connection: sa.Connection, account_id: int, token_id: int) -> bool:
    """Remove one token of the account; whether there was one."""
    statement = sa.delete(api_tokens).where(
        api_tokens.c.account_id == account_id, api_tokens.c.id == token_id
    )
    return connection.execute(statement).rowcount == 1


def delete_of(connection: sa.Connection, account_id: int) -> None:
    """Remove every token of the account."""
    connection.execute(sa.delete(api_tokens).where(api_tokens.c.account_id == account_id))
