"""The queue: claims, and the writes that carry the attempt and hit no row once it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from myapp.store.builds import builds, is_queued, is_running
from myapp.store.metadata import constant
from myapp.store.repositories import repositories
from myapp.store.workers import workers

_busy = builds.alias("busy")
_mine = builds.alias("mine")

# What runs one at a time: an environment's deployments, a branch's builds where so set.
_lane = sa.case(
    (builds.c.job == "deploy", sa.literal("deploy:") + sa.func.coalesce(builds.c.environment, "")),
    (repositories.c.one_build_per_branch, sa.literal("branch:") + builds.c.branch),
    else_=None,
)
_lane_is_busy = sa.exists(
    sa.select(sa.literal(1)).where(
        _busy.c.repository_id == builds.c.repository_id,
        _busy.c.state == constant("running"),
        _busy.c.lane == _lane,
    )
)
_slots_used = (
    sa.select(sa.func.count())
    .where(_mine.c.state == constant("running"), _mine.c.worker == sa.bindparam("by_worker"))
    .scalar_subquery()
)
# A build without its repository is let through: the claim sets it aside and says why.
_candidate = (
    sa.select(builds.c.id)
    .outerjoin(repositories, repositories.c.id == builds.c.repository_id)
    .where(
        is_queued,
        sa.or_(repositories.c.id.is_(None), repositories.c.status == "ready"),
        ~_lane_is_busy,
        _slots_used < sa.bindparam("slots"),
    )
    .order_by(builds.c.priority, builds.c.id)
    .limit(1)
    .with_for_update(of=builds, skip_locked=True)
)
_CLAIM = (
    sa.update(builds)
    .where(builds.c.id == _candidate.scalar_subquery(), is_queued)
    .values(
        state="running",
        worker=sa.bindparam("by_worker"),
        attempt=builds.c.attempt + 1,
        lease_until=sa.bindparam("until"),
        started_at=sa.bindparam("now"),
        step=None,
        lane=sa.select(_lane)
        .where(repositories.c.id == builds.c.repository_id)
        .correlate(builds)
        .scalar_subquery(),
    )
    .returning(builds.c.id)
)
_held = sa.and_(
    builds.c.id == sa.bindparam("which"),
    builds.c.attempt == sa.bindparam("of_attempt"),
    is_running,
)
_HELD = sa.update(builds).where(_held)
_RENEW = _HELD.values(lease_until=sa.bindparam("until")).returning(
    builds.c.cancel_requested_at, builds.c.cancel_by, builds.c.cancel_reason
)
_STEP = _HELD.values(step=sa.bindparam("at_step")).returning(builds.c.id)
_GROW = _HELD.values(log_size=builds.c.log_size + sa.bindparam("more")).returning(builds.c.log_size)
_END: dict[str, Any] = {
    "state": sa.bindparam("to_state"),
    "reason": sa.bindparam("because"),
    "finished_at": sa.bindparam("now"),
    "lease_until": None,
    "lane": None,
    "step": None,
}
# What happened to an earlier attempt stays told when the last one has passed.
_FINISH = _HELD.values(
    **{**_END, "reason": sa.func.coalesce(sa.bindparam("because"), builds.c.reason)},
    exit_code=sa.bindparam("code"),
    cpu_seconds=sa.bindparam("cpu"),
    max_rss=sa.bindparam("rss"),
).returning(builds.c.id)
_CLOSE = (
    sa.update(builds)
    .where(builds.c.id == sa.bindparam("which"), builds.c.state == sa.bindparam("from_state"))
    .values(**_END)
    .returning(builds.c.id)
)
_SUPERSEDE = (
    sa.update(builds)
    .where(
        builds.c.repository_id == sa.bindparam("repository"),
        builds.c.branch == sa.bindparam("of_branch"),
        is_queued,
        builds.c.job == "test",
        sa.or_(builds.c.event == constant("push"), builds.c.event == constant("pull")),
        builds.c.id < sa.bindparam("newer"),
    )
    .values(
        state="superseded",
        reason=sa.bindparam("because"),
        superseded_by=sa.bindparam("newer"),
        finished_at=sa.bindparam("now"),
    )
    .returning(builds.c.id)
)
# Not in order: SQLite would rather walk through all of history than sort the few that run.
_EXPIRED = (
    sa.select(builds)
    .where(is_running, builds.c.lease_until < sa.bindparam("now"))
    .with_for_update(skip_locked=True)
)
_AGAIN = _HELD.values(
    state="queued",
    reason=sa.bindparam("because"),
    losses=builds.c.losses + sa.bindparam("lost"),
    lease_until=None,
    lane=None,
    step=None,
).returning(builds.c.id)
_CANCEL = (
    sa.update(builds)
    .where(builds.c.id == sa.bindparam("which"), is_running)
    .values(
        cancel_requested_at=sa.func.coalesce(builds.c.cancel_requested_at, sa.bindparam("now")),
        cancel_by=sa.func.coalesce(builds.c.cancel_by, sa.bindparam("who")),
        cancel_reason=sa.func.coalesce(builds.c.cancel_reason, sa.bindparam("why")),
    )
)


class LaneTaken(Exception):
    """Another worker took a build of the same lane at this moment: try again."""


def claim(
    connection: sa.Connection, worker: str, slots: int, now: float, until: float
) -> int | None:
    """Give the next build that may run to the worker: its id, None if there is none.

    Raises LaneTaken, after which the transaction has to end.
    """
    values = {"by_worker": worker, "slots": slots, "now": now, "until": until}
    try:
        return connection.execute(_CLAIM, values).scalar_one_or_none()
    except sa.exc.IntegrityError:
        raise LaneTaken from None


def renew(connection: sa.Connection, build_id: int, attempt: int, until: float) -> sa.Row | None:
    """Lengthen the lease; (cancel_requested_at, cancel_by, cancel_reason), None if it is lost."""
    values = {"which": build_id, "of_attempt": attempt, "until": until}
    return connection.execute(_RENEW, values).one_or_none()


def enter_step(connection: sa.Connection, build_id: int, attempt: int, step: str) -> bool:
    """Write down what the build is doing; False if the lease is lost."""
    values = {"which": build_id, "of_attempt": attempt, "at_step": step}
    return connection.execute(_STEP, values).one_or_none() is not None


def grow_log(connection: sa.Connection, build_id: int, attempt: int, size: int) -> int | None:
    """Count `size` more bytes of log; the new size, None if the lease is lost."""
    values = {"which": build_id, "of_attempt": attempt, "more": size}
    return connection.execute(_GROW, values).scalar_one_or_none()


def finish(connection: sa.Connection, build_id: int, attempt: int, end: dict[str, Any]) -> bool:
    """End a running build (to_state, because, now, code, cpu, rss); False if it is lost."""
    values = {"which": build_id, "of_attempt": attempt, **end}
    return connection.execute(_FINISH, values).one_or_none() is not None


def close(
    connection: sa.Connection,
    build_id: int,
    *,
    from_state: str,
    to_state: str,
    reason: str | None,
    now: float,
) -> bool:
    """End a build from outside its worker; False if it is not in `from_state` any more."""
    values = {
        "which": build_id,
        "from_state": from_state,
        "to_state": to_state,
        "because": reason,
        "now": now,
    }
    return connection.execute(_CLOSE, values).one_or_none() is not None


def supersede(
    connection: sa.Connection,
    *,
    repository_id: int,
    branch: str,
    newer: int,
    reason: str,
    now: float,
) -> list[int]:
    """End the queued pushes of a branch before the build `newer`; their ids."""
    values = {
        "repository": repository_id,
        "of_branch": branch,
        "newer": newer,
        "because": reason,
        "now": now,
    }
    return list(connection.execute(_SUPERSEDE, values).scalars())


def expired(connection: sa.Connection, now: float) -> list[sa.Row]:
    """The running builds (all columns) whose lease is over, locked for this transaction."""
    return list(connection.execute(_EXPIRED, {"now": now}))


def running_on(connection: sa.Connection, worker: str) -> list[sa.Row]:
    """The running builds (all columns) of a worker, locked for this transaction."""
    statement = sa.select(builds).where(is_running, builds.c.worker == worker)
    return list(connection.execute(statement.with_for_update()))


def queue_again(
    connection: sa.Connection, build_id: int, attempt: int, reason: str | None, lost: bool
) -> bool:
    """Put a running build back into the queue; False if the attempt is over."""
    values = {
        "which": build_id,
        "of_attempt": attempt,
        "because": reason,
        "lost": 1 if lost else 0,
    }
    return connection.execute(_AGAIN, values).one_or_none() is not None


def ask_to_cancel(connection: sa.Connection, build_id: int, who: str, why: str, now: float) -> bool:
    """Flag a running build; the first who asks stays written. False if it does not run."""
    values = {"which": build_id, "who": who, "why": why, "now": now}
    return connection.execute(_CANCEL, values).rowcount == 1


def locked(connection: sa.Connection, build_id: int) -> sa.Row | None:
    """The build (all columns), which no other transaction changes until ours ends."""
    statement = sa.select(builds).where(builds.c.id == build_id).with_for_update()
    return connection.execute(statement).one_or_none()


def unfinished_of(connection: sa.Connection, repository_id: int) -> list[sa.Row]:
    """(id, state) of a repository's queued and running builds, locked."""
    statement = sa.select(builds.c.id, builds.c.state).where(
        builds.c.repository_id == repository_id, sa.or_(is_queued, is_running)
    )
    return list(connection.execute(statement.order_by(builds.c.id).with_for_update()))


def waiting(connection: sa.Connection, limit: int) -> list[sa.Row]:
    """The head of the queue: (id, repository_id, status, lane, lane_holder), the next first.

    `status` is the repository's, `lane_holder` the number of the build that this one waits for.
    """
    holder = (
        sa.select(sa.func.min(_busy.c.number))
        .where(
            _busy.c.repository_id == builds.c.repository_id,
            _busy.c.state == constant("running"),
            _busy.c.lane == _lane,
        )
        .scalar_subquery()
    )
    statement = (
        sa.select(
            builds.c.id,
            builds.c.repository_id,
            repositories.c.status,
            repositories.c.status_reason,
            _lane.label("lane"),
            holder.label("lane_holder"),
        )
        .outerjoin(repositories, repositories.c.id == builds.c.repository_id)
        .where(is_queued)
        .order_by(builds.c.priority, builds.c.id)
        .limit(limit)
    )
    return list(connection.execute(statement))


def counts(connection: sa.Connection) -> dict[str, int]:
    """How many builds are queued and running; the cost is that of these, not of history."""
    found = {}
    for name, condition in (("queued", is_queued), ("running", is_running)):
        statement = sa.select(sa.func.count()).select_from(builds).where(condition)
        found[name] = connection.execute(statement).scalar_one()
    return found


def worker_loads(connection: sa.Connection, since: float) -> Sequence[sa.Row]:
    """(name, slots, running) of the workers heard of since then."""
    running = (
        sa.select(sa.func.count())
        .where(_mine.c.state == constant("running"), _mine.c.worker == workers.c.name)
        .scalar_subquery()
    )
    statement = sa.select(workers.c.name, workers.c.slots, running.label("running")).where(
        workers.c.seen_at >= since, workers.c.gone_at.is_(None)
    )
    return connection.execute(statement.order_by(workers.c.name)).all()
