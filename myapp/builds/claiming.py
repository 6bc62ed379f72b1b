"""A worker takes the next build that may run."""

from __future__ import annotations

import logging
import time

from myapp.builds import telling
from myapp.builds.ending import end
from myapp.builds.facts import facts
from myapp.builds.model import Build, ClaimedBuild
from myapp.context import Context
from myapp.errors import DatabaseUnavailable
from myapp.repositories.environment import owner_scope, repository_scope
from myapp.repositories.model import Repository
from myapp.store import builds as table
from myapp.store import queue, variables, workers
from myapp.store import repositories as repositories_table
from myapp.store.database import Connection
from myapp.vault import VaultError

LEASE = 60.0  # seconds; renewed every ten
_log = logging.getLogger(__name__)


class _BadRow(Exception):
    """The build cannot be run as it is stored; the message is the reason to show."""


def claim(context: Context, worker: str, slots: int) -> ClaimedBuild | None:
    """The next build, leased to the worker for 60 s; None if there is none or no slot is free.

    A build that cannot even be prepared is ended as errored with its reason, and the next taken.
    """
    while True:
        try:
            taken = _try(context, worker, slots)
        except queue.LaneTaken:
            continue  # another worker was first in this lane: now the lane is seen to be busy
        if taken is None:
            return None
        build = taken.build if isinstance(taken, ClaimedBuild) else taken
        telling.state_changed(context, build.repository_id, build.id, build.state)
        if isinstance(taken, ClaimedBuild):
            return taken


def _try(context: Context, worker: str, slots: int) -> ClaimedBuild | Build | None:
    """What was claimed, or the build that was set aside instead."""
    now = time.time()
    with context.database.write() as connection:
        if not context.database.is_sqlite:
            workers.lock(connection, worker)
        build_id = queue.claim(connection, worker, slots, now, now + LEASE)
        if build_id is None:
            return None
        row = table.by_id(connection, build_id)
        if row is None:
            return None
        build = Build.from_row(row)
        try:
            return _prepare(context, connection, build)
        except DatabaseUnavailable:
            raise
        except _BadRow as error:
            return _set_aside(connection, build, str(error), now)
        except Exception as error:
            # Whatever is wrong with one row must not stop the others.
            _log.exception("build %s cannot be prepared", build.id)
            why = f"the build could not be prepared ({type(error).__name__})"
            return _set_aside(connection, build, why, now)


def _prepare(context: Context, connection: Connection, build: Build) -> ClaimedBuild:
    row = repositories_table.by(connection, "id", build.repository_id)
    kept = repositories_table.secrets(connection, build.repository_id)
    if row is None or kept is None:
        raise _BadRow("its repository is no longer there")
    repository = Repository.from_row(row)
    token = None
    if kept.token is not None:
        token = _decrypted(context, kept.token, "the repository's GitHub token")
    environment = facts(build, context.settings.base_url)
    secrets = [token] if token else []
    for scope in (owner_scope(repository.owner), repository_scope(repository.id)):
        for variable in variables.list_of(connection, scope):
            if build.job in variable.jobs.split():
                value = _decrypted(context, variable.value, f"the variable {variable.key}")
                environment[variable.key] = value
                if variable.secret:
                    secrets.append(value)
    timeout = float(repository.timeout or context.settings.build_timeout)
    return ClaimedBuild(build, repository, token, environment, tuple(secrets), timeout)


def _decrypted(context: Context, value: bytes, what: str) -> str:
    try:
        return context.vault.decrypt(value)
    except VaultError:
        raise _BadRow(f"{what} cannot be decrypted: set it again") from None


def _set_aside(connection: Connection, build: Build, reason: str, now: float) -> Build | None:
    end(connection, build, "errored", reason, now)
    row = table.by_id(connection, build.id)
    return Build.from_row(row) if row else None
