"""Costs must not grow with history: no daily work reads a growing table from end to end.

SQLite tells how it would run a statement; PostgreSQL decides by how many rows there are.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from myapp import accounts, builds, deliveries, maintenance, repositories
from myapp.builds import statuses, workers
from myapp.context import Context
from tests.support import domain

GROWING = "builds|log_chunks|deliveries|statuses|audit|sessions|idempotency"
# What these indexes hold is what waits, runs or is unsent now, however long the history.
OF_NOW = "builds_queue|builds_waiting|builds_running|builds_lane|statuses_due"
WHOLE = re.compile(rf"^SCAN (?:{GROWING})\b(?! USING (?:COVERING )?INDEX (?:{OF_NOW})\b)")


@contextmanager
def watched(context: Context) -> Iterator[dict[str, list[str]]]:
    """Fills the dictionary with the statements that were run and the steps of their plans."""
    seen: dict[str, object] = {}
    plans: dict[str, list[str]] = {}
    engine = context.database.connect().engine

    def note(connection, cursor, statement, parameters, *more):  # type: ignore[no-untyped-def]
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen.setdefault(statement, parameters)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield plans
    sa.event.remove(engine, "before_cursor_execute", note)
    with context.database.outside_transaction() as connection:
        for statement, parameters in seen.items():
            values = parameters[0] if isinstance(parameters, list) else parameters
            rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans[statement] = [row[3] for row in rows]


def test_no_daily_work_reads_a_growing_table_from_end_to_end(sqlite_context: Context) -> None:
    context = sqlite_context
    account = domain.account(context)
    repository = domain.ready(context)
    with watched(context) as plans:
        now = time.time()
        domain.worker(context)
        build = domain.pushed(context, repository)
        domain.pushed(context, repository)
        last = domain.pushed(context, repository, "other")
        builds.get(context, account, build.id)
        builds.list_builds(context, repository.id)
        builds.list_builds(context, repository.id, before=last.id, branch="main")
        builds.last_builds(context, [repository.id])
        builds.state_for_badge(context, repository.id, "main")
        claimed = domain.claimed(context).build
        builds.renew(context, claimed.id, 1)
        builds.enter_step(context, claimed.id, 1, "make")
        builds.append_log(context, claimed.id, 1, b"line\n")
        builds.read_log(context, claimed.id, 0)
        builds.finish(context, claimed.id, 1, domain.PASSED)
        builds.retry(context, claimed.id, "octocat")
        builds.pull_head(context, repository, "main", "a" * 40, "", "")
        builds.cancel(context, last.id, "octocat", "")
        domain.claimed(context)
        builds.expire_leases(context, domain.later(61))
        builds.worker_died(context, "w1")
        workers.list_workers(context)
        for status in statuses.due(context, domain.later(100), 10):
            statuses.taken(context, status.id)
        deliveries.receive(context, repository, "ping", "ping", detail="Hello")
        deliveries.receive(context, repository, "ping", "ping", detail="Hello")
        deliveries.list_deliveries(context, repository.id)
        repositories.list_visible(context, account)
        repositories.get(context, account, "octo", "hello")
        repositories.due_for_pull(context, domain.later(10_000), 5)
        session_id = accounts.open_session(context, account, "token")
        accounts.session(context, session_id)
        maintenance.recall_answer(context, account.id, "k", "op", fingerprint="f")
        maintenance.once_per_interval(context, "job", 60, now)
        maintenance.status(context)
        maintenance.remove_old(context, now + 400 * 86400)
    assert len(plans) > 40
    for statement, steps in plans.items():
        # The oldest rows, so many at a time: the end is never reached.
        bounded = re.search(r"ORDER BY (\w+)\.id\s+LIMIT", statement)
        found = [step for step in steps if WHOLE.match(step)]
        assert not found or (bounded and found == [f"SCAN {bounded[1]}"]), statement
