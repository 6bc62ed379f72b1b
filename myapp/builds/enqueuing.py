"""Putting builds into the queue."""

from __future__ import annotations

import time
from typing import Any

from myapp.builds import telling
from myapp.builds.commit_status import outbox_row
from myapp.builds.model import Build, NewBuild
from myapp.context import Context
from myapp.errors import BuildNotFound, Conflict, RepositoryNotFound
from myapp.github.skipping import skip_phrase
from myapp.github.text import clean
from myapp.repositories.model import Repository
from myapp.store import builds as table
from myapp.store import deliveries, heads, queue, statuses
from myapp.store import repositories as repositories_table
from myapp.store.audit import audit
from myapp.store.database import Connection

# What a newer push makes needless; what a person asked for is not among it.
SUPERSEDABLE = ("push", "pull")


def enqueue(
    context: Context,
    repository: Repository,
    *,
    event: str,
    branch: str,
    ref: str,
    sha: str,
    message: str,
    author: str,
    creator: str,
) -> Build:
    """Queue a test of this commit; raises RepositoryNotFound if it is gone or revoked."""
    new = NewBuild(event, branch, ref, sha, message, author, creator)
    with context.database.write() as connection:
        build = insert(connection, repository, new, time.time())
        if event == "manual":
            target = f"{repository.full_name} #{build.number}"
            audit(connection, creator, "build", target, f"{ref} {sha}")
    telling.queued(context, build.repository_id, build.id)
    return build


def retry(context: Context, build_id: int, by: str) -> Build:
    """Queue the same commit and job again as a new build.

    Raises BuildNotFound, and Conflict while the build has not ended.
    """
    with context.database.write() as connection:
        row = table.by_id(connection, build_id)
        if row is None:
            raise BuildNotFound
        old = Build.from_row(row)
        if not old.is_final:
            raise Conflict(f"The build is {old.state}: it can be tried again when it has ended")
        stored = repositories_table.by(connection, "id", old.repository_id)
        if stored is None:
            raise BuildNotFound
        new = NewBuild(
            event="retry",
            branch=old.branch,
            ref=old.ref,
            sha=old.sha,
            message=old.message,
            author=old.author,
            creator=by,
            job=old.job,
            environment=old.environment,
            target=old.target,
            retry_of=old.id,
        )
        build = insert(connection, Repository.from_row(stored), new, time.time())
        audit(connection, by, "retry", f"{old.owner}/{old.name} #{old.number}")
    telling.queued(context, build.repository_id, build.id)
    return build


def pull_head(
    context: Context,
    repository: Repository,
    branch: str,
    sha: str,
    message: str,
    author: str,
) -> Build | None:
    """Queue the head that a pull found, if its webhook never came; None if there is no need.

    There is none when a pull has seen this head before, when the commit has a build or a delivery,
    and when its message says so.
    """
    with context.database.write() as connection:
        known = heads.of_branch(connection, repository.id, branch)
        if known == sha:
            return None
        heads.put(connection, repository.id, {branch: sha})
        if (
            skip_phrase(message)
            or table.of_commit(connection, repository.id, sha) is not None
            or deliveries.has_sha(connection, repository.id, sha)
        ):
            return None
        new = NewBuild("pull", branch, f"refs/heads/{branch}", sha, message, author, author)
        build = insert(connection, repository, new, time.time())
    telling.queued(context, build.repository_id, build.id)
    return build


def insert(connection: Connection, repository: Repository, new: NewBuild, now: float) -> Build:
    """In the caller's transaction: number and insert it, supersede older pushes, tell GitHub.

    Raises RepositoryNotFound if the repository is gone or revoked.
    """
    numbered = repositories_table.take_number(connection, repository.id)
    if numbered is None:
        raise RepositoryNotFound
    target = numbered.deploy_target if new.job == "deploy" else numbered.test_target
    values = _values(new, repository.id, numbered.number, new.target or target, now)
    build_id = table.insert(connection, values)
    outbox = [
        outbox_row(
            build_id, job=new.job, environment=new.environment, state="queued", reason=None, now=now
        )
    ]
    if new.event in SUPERSEDABLE:
        why = f"superseded by #{numbered.number}"
        for old in queue.supersede(
            connection,
            repository_id=repository.id,
            branch=new.branch,
            newer=build_id,
            reason=why,
            now=now,
        ):
            outbox.append(
                outbox_row(
                    old, job="test", environment=None, state="superseded", reason=why, now=now
                )
            )
    statuses.put(connection, outbox)
    return Build(
        **{name: value for name, value in values.items() if name != "priority"},
        id=build_id,
        owner=repository.owner,
        name=repository.name,
        **_NOT_YET,
    )


_NOT_YET: dict[str, Any] = dict.fromkeys(
    (
        "started_at",
        "finished_at",
        "exit_code",
        "max_rss",
        "cpu_seconds",
        "worker",
        "lease_until",
        "step",
        "cancel_requested_at",
        "cancel_by",
        "cancel_reason",
        "superseded_by",
    )
)


def _values(
    new: NewBuild, repository_id: int, number: int, target: str, now: float
) -> dict[str, Any]:
    return {
        "repository_id": repository_id,
        "number": number,
        "job": new.job,
        "state": "queued",
        "reason": None,
        "event": new.event,
        "branch": clean(new.branch, 255),
        "ref": clean(new.ref, 300),
        "sha": new.sha,
        "message": clean(new.message, 10_000),
        "author": clean(new.author, 255),
        "creator": clean(new.creator, 255),
        "environment": new.environment,
        "target": target,
        "priority": 0,
        "attempt": 0,
        "losses": 0,
        "created_at": now,
        "log_size": 0,
        "retry_of": new.retry_of,
    }
