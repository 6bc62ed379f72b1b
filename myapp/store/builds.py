"""Builds and deployments: the table is the queue and the only truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from myapp.store.metadata import Moment, belongs_to, constant, identity, metadata
from myapp.store.repositories import repositories

builds = sa.Table(
    "builds",
    metadata,
    identity(),
    belongs_to("repositories"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("branch", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("sha", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("environment", sa.Text),  # of a deployment
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),  # like nice: the lower goes first
    sa.Column("lane", sa.Text),  # of one lane of a repository, one build runs at a time
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("losses", sa.Integer, nullable=False),  # how many workers were lost with it
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Column("exit_code", sa.Integer),
    sa.Column("max_rss", sa.BigInteger),
    sa.Column("cpu_seconds", sa.Double),
    sa.Column("log_size", sa.BigInteger, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", Moment),
    sa.Column("step", sa.Text),
    sa.Column("cancel_requested_at", Moment),
    sa.Column("cancel_by", sa.Text),
    sa.Column("cancel_reason", sa.Text),
    sa.Column("retry_of", sa.BigInteger),
    sa.Column("superseded_by", sa.BigInteger),
    sa.UniqueConstraint("repository_id", "number"),
    sqlite_autoincrement=True,
)

is_queued = builds.c.state == constant("queued")
is_running = builds.c.state == constant("running")


def _partial(name: str, *columns: str, where: sa.ColumnElement[bool], unique: bool = False) -> None:
    sa.Index(
        name,
        *(builds.c[column] for column in columns),
        unique=unique,
        sqlite_where=where,
        postgresql_where=where,
    )


sa.Index("builds_list", builds.c.repository_id, builds.c.id)
sa.Index("builds_branch", builds.c.repository_id, builds.c.branch, builds.c.id)
sa.Index("builds_sha", builds.c.repository_id, builds.c.sha)
_partial("builds_queue", "priority", "id", where=is_queued)
_partial("builds_waiting", "repository_id", "branch", where=is_queued)
_partial("builds_running", "repository_id", where=is_running)
# Not only a help to find rows: it is what keeps two workers off one lane at the same moment.
_partial("builds_lane", "repository_id", "lane", where=is_running, unique=True)
_partial("builds_finished", "finished_at", where=builds.c.finished_at.is_not(None))

_PLAIN = (
    "id",
    "repository_id",
    "number",
    "job",
    "state",
    "reason",
    "event",
    "branch",
    "ref",
    "sha",
    "message",
    "author",
    "creator",
    "environment",
    "target",
    "attempt",
    "losses",
    "created_at",
    "started_at",
    "finished_at",
    "exit_code",
    "max_rss",
    "cpu_seconds",
    "log_size",
    "worker",
    "lease_until",
    "step",
    "cancel_requested_at",
    "cancel_by",
    "cancel_reason",
    "retry_of",
    "superseded_by",
)


def _selected() -> sa.Select[Any]:
    columns = [builds.c[name] for name in _PLAIN]
    return sa.select(*columns, repositories.c.owner, repositories.c.name).outerjoin(
        repositories, repositories.c.id == builds.c.repository_id
    )


# The order of builds.model.Build's fields; the repository's names last.
SELECT = _selected()
_OF_REPOSITORY = builds.c.repository_id == sa.bindparam("repository")
_BRANCH = builds.c.branch == sa.bindparam("of_branch")
_BEFORE = builds.c.id < sa.bindparam("before")
_PAGE = SELECT.where(_BEFORE).order_by(builds.c.id.desc()).limit(sa.bindparam("count"))
_BY_ID = SELECT.where(builds.c.id == sa.bindparam("which"))
_BY_IDS = SELECT.where(builds.c.id.in_(sa.bindparam("which", expanding=True)))
_LISTS = {
    False: _PAGE.where(_OF_REPOSITORY),
    True: _PAGE.where(_OF_REPOSITORY, _BRANCH),
}
_INSERT = sa.insert(builds).returning(builds.c.id)
_SAME_COMMIT = (
    sa.select(builds.c.id)
    .where(_OF_REPOSITORY, builds.c.sha == sa.bindparam("commit"))
    .order_by(builds.c.id.desc())
    .limit(1)
)
_MADE_BY_PULL = _SAME_COMMIT.where(_BRANCH, builds.c.event == constant("pull"))
FIRST_PAGE = (1 << 63) - 1


def insert(connection: sa.Connection, values: dict[str, Any]) -> int:
    """Insert a build; its id."""
    return connection.execute(_INSERT, values).scalar_one()


def by_id(connection: sa.Connection, build_id: int) -> sa.Row | None:
    """The build, None if there is none."""
    return connection.execute(_BY_ID, {"which": build_id}).one_or_none()


def by_ids(connection: sa.Connection, which: Sequence[int]) -> list[sa.Row]:
    """Several builds, in no order."""
    return list(connection.execute(_BY_IDS, {"which": list(which)})) if which else []


def page(
    connection: sa.Connection,
    repository_id: int,
    limit: int,
    before: int | None = None,
    branch: str | None = None,
) -> list[sa.Row]:
    """A page of a repository's builds, the newest first."""
    values: dict[str, Any] = {
        "repository": repository_id,
        "count": limit,
        "before": FIRST_PAGE if before is None else before,
    }
    if branch is not None:
        values["of_branch"] = branch
    return list(connection.execute(_LISTS[branch is not None], values))


def of_commit(connection: sa.Connection, repository_id: int, sha: str) -> int | None:
    """The id of the newest build of this commit, whatever its branch."""
    values = {"repository": repository_id, "commit": sha}
    return connection.execute(_SAME_COMMIT, values).scalar_one_or_none()


def made_by_pull(
    connection: sa.Connection, repository_id: int, branch: str, sha: str
) -> int | None:
    """The id of the build that a pull made of this push, before its webhook came."""
    values = {"repository": repository_id, "commit": sha, "of_branch": branch}
    return connection.execute(_MADE_BY_PULL, values).scalar_one_or_none()


def last_of(connection: sa.Connection, repository_ids: Sequence[int]) -> list[sa.Row]:
    """The newest build of each of these repositories."""
    if not repository_ids:
        return []
    newest = (
        sa.select(sa.func.max(builds.c.id))
        .where(builds.c.repository_id == repositories.c.id)
        .correlate(repositories)
        .scalar_subquery()
    )
    statement = sa.select(newest).where(repositories.c.id.in_(list(repository_ids)))
    found = [build_id for build_id in connection.execute(statement).scalars() if build_id]
    return by_ids(connection, found)


def durations(connection: sa.Connection, repository_id: int, job: str, window: int) -> list[float]:
    """Seconds of the green ones among a repository's last builds."""
    recent = (
        sa.select(builds.c.state, builds.c.job, builds.c.started_at, builds.c.finished_at)
        .where(builds.c.repository_id == repository_id)
        .order_by(builds.c.id.desc())
        .limit(window)
        .subquery()
    )
    statement = sa.select(recent.c.finished_at - recent.c.started_at).where(
        recent.c.state == "passed", recent.c.job == job, recent.c.started_at.is_not(None)
    )
    return [max(0.0, seconds) for seconds in connection.execute(statement).scalars()]
