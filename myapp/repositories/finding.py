"""Finding repositories, and only those that the account may know of."""

from __future__ import annotations

from pathlib import Path

from myapp.accounts.model import Account, allows
from myapp.context import Context
from myapp.errors import PermissionDenied, RepositoryNotFound
from myapp.repositories.model import Repository
from myapp.settings import Settings
from myapp.store import repositories as table


def mirror_path(settings: Settings, repository_id: int) -> Path:
    """Where the repository's bare mirror is, or would be."""
    return settings.data_dir / "mirrors" / f"{repository_id}.git"


def get(
    context: Context, account: Account, owner: str, name: str, need: str = "READ"
) -> Repository:
    """The repository, if GitHub lets the account do what `need` says; names ignore case.

    Raises RepositoryNotFound for absent and invisible alike, PermissionDenied if only more is
    needed. `permission_checked_at` tells how old GitHub's word is.
    """
    with context.database.read() as connection:
        row = table.seen_by(connection, account.id, table.full_key(owner, name))
    if row is None:
        raise RepositoryNotFound
    repository = Repository.from_row(row)
    if account.admin or allows(repository.permission, need):
        return repository
    if not allows(repository.permission, "READ"):
        raise RepositoryNotFound
    raise PermissionDenied(
        f"This needs the permission {need} on {repository.full_name}; GitHub says that you have "
        f"{repository.permission}"
    )


def seen_by(context: Context, account: Account, owner: str, name: str) -> Repository | None:
    """The repository whoever may see it, with what GitHub said that the account may do."""
    with context.database.read() as connection:
        row = table.seen_by(connection, account.id, table.full_key(owner, name))
    return Repository.from_row(row) if row else None


def find(context: Context, owner: str, name: str) -> Repository | None:
    """The repository whoever may see it: for those who ask GitHub themselves."""
    return _by(context, "full_key", table.full_key(owner, name))


def by_id(context: Context, repository_id: int) -> Repository | None:
    """The repository of this id."""
    return _by(context, "id", repository_id)


def by_node_id(context: Context, node_id: str) -> Repository | None:
    """The repository that GitHub knows by this id, whatever its name."""
    return _by(context, "node_id", node_id)


def webhook(context: Context, webhook_uid: str) -> tuple[Repository, str]:
    """The repository of this address and what its deliveries are signed with.

    Raises RepositoryNotFound (also after a revocation), VaultError.
    """
    with context.database.read() as connection:
        row = table.by_webhook(connection, webhook_uid)
    if row is None or row.webhook_secret is None:
        raise RepositoryNotFound
    return Repository.from_row(row), context.vault.decrypt(row.webhook_secret)


def list_visible(
    context: Context,
    account: Account,
    limit: int = 30,
    before: int | None = None,
    owner: str | None = None,
) -> list[Repository]:
    """A page of what the account sees, the newest first; `before` is the last page's last id."""
    with context.database.read() as connection:
        rows = table.list_for(
            connection,
            account.id,
            limit=limit,
            before=before,
            owner=owner,
            everything=account.admin,
        )
    return [Repository.from_row(row) for row in rows]


def repository_token(context: Context, repository_id: int) -> str | None:
    """The GitHub token of whoever registered it, None when revoked; raises VaultError."""
    with context.database.read() as connection:
        row = table.secrets(connection, repository_id)
    return context.vault.decrypt(row.token) if row and row.token is not None else None


def webhook_secret(context: Context, repository_id: int) -> str:
    """What its deliveries are signed with; raises RepositoryNotFound, VaultError."""
    with context.database.read() as connection:
        row = table.secrets(connection, repository_id)
    if row is None or row.webhook_secret is None:
        raise RepositoryNotFound
    return context.vault.decrypt(row.webhook_secret)


def _by(context: Context, column: str, value: int | str) -> Repository | None:
    with context.database.read() as connection:
        row = table.by(connection, column, value)
    return Repository.from_row(row) if row else None


def list_all(context: Context) -> list[Repository]:
    """Every registered repository, the newest first: for whoever operates the service."""
    with context.database.read() as connection:
        rows = table.list_for(
            connection, 0, limit=1 << 31, before=None, owner=None, everything=True
        )
    return [Repository.from_row(row) for row in rows]
