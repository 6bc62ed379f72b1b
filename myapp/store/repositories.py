"""Registered repositories. `full_key` is the name in lower case: GitHub ignores case.

`full_key` is NULL while another repository has taken the name at GitHub and we do not know yet
what this one is called now; it is then found by its node id only.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from myapp.store import dialects
from myapp.store.access import access
from myapp.store.favorites import favorites
from myapp.store.metadata import Moment, belongs_to, constant, identity, metadata

repositories = sa.Table(
    "repositories",
    metadata,
    identity(),
    sa.Column("uid", sa.Text, nullable=False, unique=True),
    sa.Column("node_id", sa.Text, nullable=False, unique=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("full_key", sa.Text, unique=True),
    sa.Column("owner_key", sa.Text, nullable=False, index=True),
    belongs_to("accounts", index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("status_reason", sa.Text),
    sa.Column("default_branch", sa.Text, nullable=False),
    sa.Column("default_branch_sha", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("html_url", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("token", sa.LargeBinary),
    sa.Column("webhook_uid", sa.Text, nullable=False, unique=True),
    sa.Column("webhook_secret", sa.LargeBinary),
    sa.Column("hook_id", sa.BigInteger),
    sa.Column("hook_state", sa.Text, nullable=False),
    sa.Column("hook_reason", sa.Text),
    sa.Column("test_target", sa.Text, nullable=False),
    sa.Column("deploy_target", sa.Text, nullable=False),
    sa.Column("deploy_branch", sa.Text, nullable=False),
    sa.Column("auto_deploy", sa.Boolean, nullable=False),
    sa.Column("build_pull_requests", sa.Boolean, nullable=False),
    sa.Column("one_build_per_branch", sa.Boolean, nullable=False),
    sa.Column("timeout", sa.Integer),
    sa.Column("next_number", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.Column("last_pulled_at", Moment),
    sa.Column("pull_error", sa.Text),
    sa.Column("pull_failures", sa.Integer, nullable=False),
    sa.Column("pull_due_at", Moment, nullable=False),
    sa.Column("pull_lease_until", Moment),
    sa.Column("checked_at", Moment),
    sa.Column("check_due_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("repositories_pull_due", repositories.c.pull_due_at)
sa.Index("repositories_check_due", repositories.c.check_due_at)

_PLAIN = (
    "id",
    "uid",
    "node_id",
    "owner",
    "name",
    "account_id",
    "status",
    "status_reason",
    "default_branch",
    "default_branch_sha",
    "private",
    "html_url",
    "description",
    "webhook_uid",
    "hook_id",
    "hook_state",
    "hook_reason",
    "test_target",
    "deploy_target",
    "deploy_branch",
    "auto_deploy",
    "build_pull_requests",
    "one_build_per_branch",
    "timeout",
    "created_at",
    "updated_at",
    "revoked_at",
    "last_pulled_at",
    "pull_error",
    "checked_at",
)


# The table of store.builds, which knows this one: only these two columns are needed here.
_builds = sa.table("builds", sa.column("repository_id", sa.BigInteger), sa.column("state", sa.Text))


def _columns() -> tuple[sa.ColumnElement[Any], ...]:
    running = sa.exists(
        sa.select(sa.literal(1)).where(
            _builds.c.repository_id == repositories.c.id, _builds.c.state == constant("running")
        )
    )
    status = sa.case(
        (sa.and_(repositories.c.status == "ready", running), "running"),
        else_=repositories.c.status,
    )
    named = {"status": status.label("status")}
    return tuple(named.get(name, repositories.c[name]) for name in _PLAIN)


# The order of repositories.model.Repository's fields. `running` is told, never stored.
COLUMNS = _columns()

_NOBODY = (sa.null().label("permission"), sa.null().label("permission_checked_at"))
_FOR_ACCOUNT = (access.c.permission, access.c.checked_at.label("permission_checked_at"))
_ACCESS = sa.and_(
    access.c.repository_id == repositories.c.id,
    access.c.account_id == sa.bindparam("account_id"),
)

_BY = {
    column: sa.select(*COLUMNS, *_NOBODY).where(repositories.c[column] == sa.bindparam("value"))
    for column in ("id", "full_key", "node_id", "uid")
}
_WEBHOOK = sa.select(*COLUMNS, *_NOBODY, repositories.c.webhook_secret).where(
    repositories.c.webhook_uid == sa.bindparam("value")
)
_VISIBLE = (
    sa.select(*COLUMNS, *_FOR_ACCOUNT)
    .outerjoin(access, _ACCESS)
    .where(repositories.c.full_key == sa.bindparam("key"))
)
_LISTED = (
    sa.select(*COLUMNS, *_FOR_ACCOUNT)
    .join(access, _ACCESS)
    .where(access.c.repository_id < sa.bindparam("before"))
    .order_by(access.c.repository_id.desc())
    .limit(sa.bindparam("count"))
)
_ALL = (
    sa.select(*COLUMNS, *_FOR_ACCOUNT)
    .outerjoin(access, _ACCESS)
    .where(repositories.c.id < sa.bindparam("before"))
    .order_by(repositories.c.id.desc())
    .limit(sa.bindparam("count"))
)
_OF_OWNER = repositories.c.owner_key == sa.bindparam("owner_key")
_LISTS = {
    (False, False): _LISTED,
    (False, True): _LISTED.where(_OF_OWNER),
    (True, False): _ALL,
    (True, True): _ALL.where(_OF_OWNER),
}
_SECRETS = sa.select(repositories.c.token, repositories.c.webhook_secret).where(
    repositories.c.id == sa.bindparam("value")
)
_NUMBER = (
    sa.update(repositories)
    .where(repositories.c.id == sa.bindparam("which"), repositories.c.status != "revoked")
    .values(next_number=repositories.c.next_number + 1)
    .returning(
        (repositories.c.next_number - 1).label("number"),
        repositories.c.test_target,
        repositories.c.deploy_target,
    )
)
FIRST_PAGE = (1 << 63) - 1


def full_key(owner: str, name: str) -> str:
    """The form in which GitHub's names are equal."""
    return f"{owner}/{name}".lower()


def by(connection: sa.Connection, column: str, value: int | str) -> sa.Row | None:
    """The repository by id, uid, node_id or full_key."""
    return connection.execute(_BY[column], {"value": value}).one_or_none()


def by_webhook(connection: sa.Connection, webhook_uid: str) -> sa.Row | None:
    """The repository of this webhook, and behind its columns the encrypted secret or NULL."""
    return connection.execute(_WEBHOOK, {"value": webhook_uid}).one_or_none()


def locked(connection: sa.Connection, repository_id: int) -> sa.Row | None:
    """The stored row (all columns), which no other transaction changes until ours ends."""
    statement = sa.select(repositories).where(repositories.c.id == repository_id)
    return connection.execute(statement.with_for_update()).one_or_none()


def seen_by(connection: sa.Connection, account_id: int, key: str) -> sa.Row | None:
    """The repository of this full key, with what the account may do (or NULL)."""
    return connection.execute(_VISIBLE, {"account_id": account_id, "key": key}).one_or_none()


def list_for(
    connection: sa.Connection,
    account_id: int,
    *,
    limit: int,
    before: int | None,
    owner: str | None,
    everything: bool,
) -> list[sa.Row]:
    """A page of what the account sees (or of everything), the newest first."""
    values: dict[str, Any] = {
        "account_id": account_id,
        "count": limit,
        "before": FIRST_PAGE if before is None else before,
    }
    if owner is not None:
        values["owner_key"] = owner.lower()
    return list(connection.execute(_LISTS[everything, owner is not None], values))


def list_favorites(connection: sa.Connection, account_id: int, everything: bool) -> list[sa.Row]:
    """The account's marked repositories it still sees, the newest mark first."""
    statement = sa.select(*COLUMNS, *_FOR_ACCOUNT).join(
        favorites,
        sa.and_(
            favorites.c.repository_id == repositories.c.id,
            favorites.c.account_id == sa.bindparam("account_id"),
        ),
    )
    statement = statement.join(access, _ACCESS, isouter=everything)
    statement = statement.order_by(favorites.c.created_at.desc(), repositories.c.id.desc())
    return list(connection.execute(statement, {"account_id": account_id}))


def secrets(connection: sa.Connection, repository_id: int) -> sa.Row | None:
    """(token, webhook_secret), both encrypted or NULL."""
    return connection.execute(_SECRETS, {"value": repository_id}).one_or_none()


def take_number(connection: sa.Connection, repository_id: int) -> sa.Row | None:
    """The next build's (number, test_target, deploy_target), None if it is gone or revoked.

    Until the transaction ends the repository's other builds wait: numbers have no gaps.
    """
    return connection.execute(_NUMBER, {"which": repository_id}).one_or_none()


def insert(connection: sa.Connection, values: dict[str, Any]) -> int | None:
    """Insert a repository; its id, or None if the name or node id is taken."""
    statement = dialects.insert(connection, repositories).values(**values)
    statement = statement.on_conflict_do_nothing().returning(repositories.c.id)
    return connection.execute(statement).scalar_one_or_none()


def update(connection: sa.Connection, repository_id: int, values: dict[str, Any]) -> bool:
    """Change the row; whether there was one."""
    statement = sa.update(repositories).where(repositories.c.id == sa.bindparam("which"))
    return connection.execute(statement.values(**values), {"which": repository_id}).rowcount == 1


def delete(connection: sa.Connection, repository_id: int) -> bool:
    """Remove the row and, by the foreign keys, everything that belongs to it."""
    statement = sa.delete(repositories).where(repositories.c.id == repository_id)
    return connection.execute(statement).rowcount == 1


def ids(connection: sa.Connection) -> list[int]:
    """The ids of all repositories."""
    return list(connection.execute(sa.select(repositories.c.id)).scalars())
