"""Logs, addressed by their offset in bytes: appending and reading cost the same at any size."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.metadata import belongs_to, metadata

CHUNK = 64 << 10

log_chunks = sa.Table(
    "log_chunks",
    metadata,
    belongs_to("builds", primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

_INSERT = sa.insert(log_chunks)
_OF_BUILD = log_chunks.c.build_id == sa.bindparam("build")
_FIRST = sa.select(sa.func.max(log_chunks.c.offset)).where(
    _OF_BUILD, log_chunks.c.offset <= sa.bindparam("start")
)
_RANGE = (
    sa.select(log_chunks.c.offset, log_chunks.c.data)
    .where(
        _OF_BUILD,
        log_chunks.c.offset >= sa.bindparam("start"),
        log_chunks.c.offset < sa.bindparam("stop"),
    )
    .order_by(log_chunks.c.offset)
)


def append(connection: sa.Connection, build_id: int, offset: int, data: bytes) -> None:
    """Write the bytes that begin at `offset`, in pieces of 64 KB at most."""
    rows = [
        {"build_id": build_id, "offset": offset + at, "data": data[at : at + CHUNK]}
        for at in range(0, len(data), CHUNK)
    ]
    connection.execute(_INSERT, rows if len(rows) > 1 else rows[0])


def read(connection: sa.Connection, build_id: int, offset: int, limit: int) -> bytes:
    """At most `limit` bytes from `offset`; fewer at the end."""
    first = connection.execute(_FIRST, {"build": build_id, "start": offset}).scalar_one_or_none()
    if first is None:
        return b""
    values = {"build": build_id, "start": first, "stop": offset + limit}
    data = b"".join(bytes(row.data) for row in connection.execute(_RANGE, values))
    return data[offset - first : offset - first + limit]


def delete_first(connection: sa.Connection, build_id: int, count: int) -> int:
    """Remove a build's first `count` chunks; how many there were."""
    some = sa.select(log_chunks.c.offset).where(log_chunks.c.build_id == build_id)
    some = some.order_by(log_chunks.c.offset).limit(count)
    statement = sa.delete(log_chunks).where(
        log_chunks.c.build_id == build_id, log_chunks.c.offset.in_(some.scalar_subquery())
    )
    return connection.execute(statement).rowcount
