"""What all tables share: names of constraints, types, and the plain helpers of queries."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# SQLite gives numbers of its own only to a column of type INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# Seconds since 1970, UTC.
Moment = sa.Double


def identity() -> sa.Column[int]:
    """A primary key that the database counts up and never gives out twice."""
    return sa.Column("id", Id, primary_key=True, autoincrement=True)


def belongs_to(table: str, *, index: bool = False, primary_key: bool = False) -> sa.Column[int]:
    """A reference to a row of `table`, e.g. `repositories`; the row goes when that one goes."""
    names = {"accounts": "account_id", "repositories": "repository_id", "builds": "build_id"}
    target = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(names[table], Id, target, index=index, primary_key=primary_key, nullable=False)


def constant(value: str) -> sa.ColumnElement[str]:
    """A text written into the statement: partial indexes are found only by constants."""
    return sa.literal_column(f"'{value}'")
