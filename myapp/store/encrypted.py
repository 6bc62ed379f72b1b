"""Every column that holds something encrypted, for the change of keys."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from myapp.store.idempotency import idempotency
from myapp.store.repositories import repositories
from myapp.store.sessions import sessions
from myapp.store.variables import variables

COLUMNS: tuple[sa.Column, ...] = (
    repositories.c.token,
    repositories.c.webhook_secret,
    variables.c.value,
    sessions.c.token,
    idempotency.c.answer,
)


def change_all(connection: sa.Connection, change: Callable[[bytes], bytes]) -> int:
    """Put every value through `change`; how many there were."""
    count = 0
    for column in COLUMNS:
        table = column.table
        keys = list(table.primary_key.columns)
        rows = connection.execute(sa.select(column, *keys).where(column.is_not(None))).all()
        for value, *key in rows:
            is_row = sa.and_(*(part == each for part, each in zip(keys, key, strict=True)))
            connection.execute(
                sa.update(table).where(is_row).values({column.name: change(bytes(value))})
            )
        count += len(rows)
    return count
