"""Taking a delivery: its row, its build and what they entail, in one transaction."""

from __future__ import annotations

import time

from myapp.builds import telling
from myapp.builds.enqueuing import insert
from myapp.builds.model import Build, NewBuild
from myapp.context import Context
from myapp.deliveries.model import Outcome, Push
from myapp.github.text import one_line
from myapp.repositories.model import Repository
from myapp.store import builds, deliveries
from myapp.store.database import Connection


class _Duplicate(Exception):
    """The delivery is here already: the transaction is undone."""


def receive(
    context: Context,
    repository: Repository,
    delivery_id: str,
    event: str,
    push: Push | None = None,
    detail: str = "",
) -> Outcome:
    """Take a delivery once; a push gets a build, anything else only `detail`, why it has none.

    The same delivery again, also at the same moment, is a duplicate and changes nothing. Raises
    RepositoryNotFound if the repository is gone or revoked.
    """
    now = time.time()
    try:
        with context.database.write() as connection:
            build = None
            if push is not None:
                build, detail = _build(connection, repository, push, now)
            row = {
                "repository_id": repository.id,
                "delivery_id": delivery_id,
                "event": event,
                "received_at": now,
                "detail": detail,
                "branch": push.branch if push else None,
                "sha": push.sha if push else None,
                "build_id": build.id if build else None,
            }
            if not deliveries.insert(connection, row):
                raise _Duplicate
    except _Duplicate:
        return _known(context, repository, delivery_id)
    if build is not None:
        telling.queued(context, repository.id, build.id)
    return Outcome(build, False, detail)


def _build(
    connection: Connection, repository: Repository, push: Push, now: float
) -> tuple[Build | None, str]:
    made = builds.made_by_pull(connection, repository.id, push.branch, push.sha)
    if made is not None:
        return None, f"The pull had found this push before: build {made}"
    author, pusher = one_line(push.author), one_line(push.pusher)
    new = NewBuild("push", push.branch, push.ref, push.sha, push.message, author, pusher or author)
    build = insert(connection, repository, new, now)
    return build, f"Build #{build.number}"


def _known(context: Context, repository: Repository, delivery_id: str) -> Outcome:
    with context.database.read() as connection:
        row = deliveries.find(connection, repository.id, delivery_id)
        stored = builds.by_id(connection, row.build_id) if row and row.build_id else None
    build = Build.from_row(stored) if stored else None
    return Outcome(build, True, "This delivery was received before")
