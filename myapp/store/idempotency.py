"""The answers already given to requests with an Idempotency-Key."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import insert
from myapp.store.metadata import Moment, belongs_to, metadata

idempotency = sa.Table(
    "idempotency",
    metadata,
    belongs_to("accounts", primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("answer", sa.LargeBinary),  # encrypted; NULL while the request is being worked on
    sa.Column("created_at", Moment, nullable=False, index=True),
)


def _is(account_id: int, key: str, operation: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        idempotency.c.account_id == account_id,
        idempotency.c.key == key,
        idempotency.c.operation == operation,
    )


def begin(
    connection: sa.Connection,
    account_id: int,
    key: str,
    operation: str,
    *,
    fingerprint: str,
    now: float,
) -> bool:
    """Note that the request is being worked on; False if the key is known already."""
    statement = insert(connection, idempotency).values(
        account_id=account_id,
        key=key,
        operation=operation,
        fingerprint=fingerprint,
        created_at=now,
    )
    statement = statement.on_conflict_do_nothing().returning(idempotency.c.key)
    return connection.execute(statement).one_or_none() is not None


def find(connection: sa.Connection, account_id: int, key: str, operation: str) -> sa.Row | None:
    """(fingerprint, answer, created_at), None if the key is new."""
    columns = (idempotency.c.fingerprint, idempotency.c.answer, idempotency.c.created_at)
    statement = sa.select(*columns).where(_is(account_id, key, operation))
    return connection.execute(statement).one_or_none()


def finish(
    connection: sa.Connection, account_id: int, key: str, operation: str, answer: bytes
) -> None:
    """Keep the answer."""
    statement = sa.update(idempotency).where(_is(account_id, key, operation))
    connection.execute(statement.values(answer=answer))


def delete(connection: sa.Connection, account_id: int, key: str, operation: str) -> None:
    """Forget the key: the request may be tried again."""
    connection.execute(sa.delete(idempotency).where(_is(account_id, key, operation)))


def delete_before(connection: sa.Connection, moment: float) -> int:
    """Forget old keys; how many."""
    statement = sa.delete(idempotency).where(idempotency.c.created_at < moment)
    return connection.execute(statement).rowcount
