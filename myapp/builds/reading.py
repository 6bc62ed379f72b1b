"""Reading builds and their logs."""

from __future__ import annotations

from collections.abc import Sequence

from myapp.accounts.model import Account, allows
from myapp.builds.model import Build
from myapp.builds.outlook import fill
from myapp.context import Context
from myapp.errors import BuildNotFound, PermissionDenied
from myapp.store import access, log_chunks
from myapp.store import builds as table

LARGEST_READ = 4 << 20  # bytes of log in one answer
_BADGE_TTL = 60.0
_SAYS_NOTHING = ("superseded", "skipped", "cancelled")
_BADGE_WINDOW = 20


def get(context: Context, account: Account, build_id: int, need: str = "READ") -> Build:
    """The build, if GitHub lets the account do what `need` says with its repository.

    Raises BuildNotFound for absent and invisible alike, PermissionDenied if only more is needed.
    """
    with context.database.read() as connection:
        row = table.by_id(connection, build_id)
        if row is None:
            raise BuildNotFound
        if not account.admin:
            granted = access.find(connection, account.id, row.repository_id)
            permission = granted.permission if granted else None
            if not allows(permission, "READ"):
                raise BuildNotFound
            if not allows(permission, need):
                raise PermissionDenied(
                    f"This needs the permission {need} on {row.owner}/{row.name}; GitHub says "
                    f"that you have {permission}"
                )
        return fill(context, connection, [Build.from_row(row)])[0]


def peek(context: Context, build_id: int) -> Build | None:
    """The build as it is stored, whoever asks: for streams that were allowed, and workers."""
    with context.database.read() as connection:
        row = table.by_id(connection, build_id)
    return Build.from_row(row) if row else None


def list_builds(
    context: Context,
    repository_id: int,
    limit: int = 30,
    before: int | None = None,
    branch: str | None = None,
) -> list[Build]:
    """A page of a repository's builds, the newest first; `before` is the last page's last id."""
    with context.database.read() as connection:
        rows = table.page(connection, repository_id, limit, before, branch)
        return fill(context, connection, [Build.from_row(row) for row in rows])


def last_builds(context: Context, repository_ids: Sequence[int]) -> dict[int, Build]:
    """The newest build of each of these repositories that has one."""
    with context.database.read() as connection:
        rows = table.last_of(connection, repository_ids)
        builds = fill(context, connection, [Build.from_row(row) for row in rows])
    return {build.repository_id: build for build in builds}


def queue_position(context: Context, build_id: int) -> int | None:
    """The build's place among those that could run, from 1; None if it is not waiting."""
    with context.database.read() as connection:
        row = table.by_id(connection, build_id)
        if row is None:
            return None
        return fill(context, connection, [Build.from_row(row)])[0].queue_position


def read_log(context: Context, build_id: int, offset: int, limit: int = LARGEST_READ) -> bytes:
    """At most `limit` bytes (and 4 MB) of the log from `offset`; empty at and behind the end."""
    if offset < 0 or limit <= 0:
        return b""
    with context.database.read() as connection:
        return log_chunks.read(connection, build_id, offset, min(limit, LARGEST_READ))


def state_for_badge(context: Context, repository_id: int, branch: str) -> str | None:
    """The state of the branch's newest build that says something about it, None without one."""

    def load() -> str:
        with context.database.read() as connection:
            rows = table.page(connection, repository_id, _BADGE_WINDOW, None, branch)
        telling = (row.state for row in rows if row.state not in _SAYS_NOTHING)
        return next(telling, "")

    return (
        context.cache.fetch(f"builds:{repository_id}", f"badge:{branch}", _BADGE_TTL, load) or None
    )
