"""Browser sessions: only the hash of the id is kept, and the GitHub token encrypted."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.accounts import COLUMNS, accounts
from myapp.store.metadata import Moment, belongs_to, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id_hash", sa.Text, primary_key=True),
    belongs_to("accounts", index=True),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)

_FIND = (
    sa.select(*COLUMNS, sessions.c.token)
    .join(sessions, sessions.c.account_id == accounts.c.id)
    .where(
        sessions.c.id_hash == sa.bindparam("id_hash"),
        sessions.c.expires_at > sa.bindparam("now"),
    )
)


def insert(
    connection: sa.Connection,
    *,
    id_hash: str,
    account_id: int,
    token: bytes,
    now: float,
    ttl: float,
) -> None:
    """Keep a session for `ttl` seconds."""
    connection.execute(
        sa.insert(sessions),
        {
            "id_hash": id_hash,
            "account_id": account_id,
            "token": token,
            "created_at": now,
            "expires_at": now + ttl,
        },
    )


def find(connection: sa.Connection, id_hash: str, now: float) -> sa.Row | None:
    """The account's columns and the encrypted token of a session that has not expired."""
    return connection.execute(_FIND, {"id_hash": id_hash, "now": now}).one_or_none()


def delete(connection: sa.Connection, id_hash: str) -> None:
    """End one session."""
    connection.execute(sa.delete(sessions).where(sessions.c.id_hash == id_hash))


def delete_of(connection: sa.Connection, account_id: int) -> None:
    """End every session of the account."""
    connection.execute(sa.delete(sessions).where(sessions.c.account_id == account_id))


def delete_expired(connection: sa.Connection, now: float) -> int:
    """Remove the sessions that are over; how many."""
    return connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now)).rowcount
