"""People who have shown us GitHub credentials; GitHub's node id stays when the login changes."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import insert
from myapp.store.metadata import Moment, identity, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    identity(),
    sa.Column("github_id", sa.Text, nullable=False, unique=True),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("login_key", sa.Text, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("html_url", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# The order of accounts.model.Account's fields.
COLUMNS = (
    accounts.c.id,
    accounts.c.github_id,
    accounts.c.login,
    accounts.c.name,
    accounts.c.html_url,
    accounts.c.disabled,
    accounts.c.disabled_reason,
    accounts.c.created_at,
    accounts.c.seen_at,
)

_BY_ID = sa.select(*COLUMNS).where(accounts.c.id == sa.bindparam("account_id"))
_BY_LOGIN = (
    sa.select(*COLUMNS)
    .where(accounts.c.login_key == sa.bindparam("key"))
    .order_by(accounts.c.seen_at.desc())
    .limit(1)
)
_BY_GITHUB_ID = sa.select(*COLUMNS).where(accounts.c.github_id == sa.bindparam("node_id"))


def by_id(connection: sa.Connection, account_id: int) -> sa.Row | None:
    """The account, None if there is none."""
    return connection.execute(_BY_ID, {"account_id": account_id}).one_or_none()


def by_login(connection: sa.Connection, login: str) -> sa.Row | None:
    """The account last seen under this login, whatever its case."""
    return connection.execute(_BY_LOGIN, {"key": login.lower()}).one_or_none()


def by_github_id(connection: sa.Connection, github_id: str) -> sa.Row | None:
    """The account of this GitHub node id, None if it was never seen."""
    return connection.execute(_BY_GITHUB_ID, {"node_id": github_id}).one_or_none()


def upsert(
    connection: sa.Connection, *, github_id: str, login: str, name: str, html_url: str, now: float
) -> sa.Row:
    """Insert the account, or write down what GitHub says of it now."""
    values = {"login": login, "login_key": login.lower(), "name": name, "html_url": html_url}
    statement = insert(connection, accounts).values(
        github_id=github_id, disabled=False, created_at=now, seen_at=now, **values
    )
    statement = statement.on_conflict_do_update(
        index_elements=["github_id"], set_={**values, "seen_at": now}
    )
    return connection.execute(statement.returning(*COLUMNS)).one()


def set_disabled(connection: sa.Connection, account_id: int, reason: str | None) -> None:
    """Disable the account for this reason, or enable it (None)."""
    connection.execute(
        sa.update(accounts)
        .where(accounts.c.id == account_id)
        .values(disabled=reason is not None, disabled_reason=reason)
    )


def list_all(connection: sa.Connection) -> list[sa.Row]:
    """Every account, by login."""
    return list(connection.execute(sa.select(*COLUMNS).order_by(accounts.c.login_key)))
