from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from myapp import accounts, builds, maintenance, repositories
from myapp.context import Context
from myapp.errors import Conflict, ValidationFailed
from myapp.maintenance import Answer
from tests.support import domain

DAY = 86400.0
ANSWER = Answer(202, {"Location": "/api/builds/7"}, '{"id": 7, "token": "hunter2"}')


def count(context: Context, table: str) -> int:
    with context.database.read() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_a_job_runs_once_per_interval(context: Context) -> None:
    now = time.time()
    assert maintenance.once_per_interval(context, "pull", 60, now)
    assert not maintenance.once_per_interval(context, "pull", 60, now + 59)
    assert maintenance.once_per_interval(context, "vacuum", 60, now + 59)
    assert maintenance.once_per_interval(context, "pull", 60, now + 60)


def test_a_clock_that_was_ahead_does_not_stop_a_job_for_ever(context: Context) -> None:
    now = time.time()
    assert maintenance.once_per_interval(context, "pull", 60, now + 10 * DAY)
    assert maintenance.once_per_interval(context, "pull", 60, now)
    assert not maintenance.once_per_interval(context, "pull", 60, now + 1)


def test_retention_removes_old_builds_but_each_repositorys_last(context: Context) -> None:
    repository = domain.ready(context)
    other = domain.ready(context, "octo", "other")
    old = [domain.finished(context, repository) for _ in range(3)]
    last_of_other = domain.finished(context, other)
    running = domain.pushed(context, other)
    domain.claimed(context)
    builds.append_log(context, running.id, 1, b"still here")
    moment = time.time() + (context.settings.retention_days + 1) * DAY
    removed = maintenance.remove_old(context, moment)
    assert (removed.builds, removed.more) == (3, False)
    assert builds.peek(context, old[0].id) is None
    assert [build.id for build in builds.list_builds(context, repository.id)] == [old[2].id]
    assert [build.id for build in builds.list_builds(context, other.id)] == [running.id]
    assert builds.peek(context, last_of_other.id) is None
    assert builds.read_log(context, running.id, 0) == b"still here"


def test_retention_removes_long_logs_a_piece_at_a_time(context: Context) -> None:
    repository = domain.ready(context)
    build = domain.pushed(context, repository)
    domain.claimed(context)
    for _ in range(450):
        builds.append_log(context, build.id, 1, b"line\n")
    builds.finish(context, build.id, 1, domain.PASSED)
    domain.finished(context, repository)
    moment = time.time() + (context.settings.retention_days + 1) * DAY
    assert maintenance.remove_old(context, moment).builds == 1
    assert count(context, "log_chunks") == 0


def test_nothing_young_is_removed(context: Context) -> None:
    repository = domain.ready(context)
    account = domain.account(context)
    for _ in range(3):
        domain.finished(context, repository)
    session_id = accounts.open_session(context, account, "token-1")
    removed = maintenance.remove_old(context, time.time())
    assert (removed.builds, removed.deliveries, removed.sessions) == (0, 0, 0)
    assert accounts.session(context, session_id) is not None


def test_what_is_over_is_removed(context: Context) -> None:
    repository = domain.ready(context)
    account = domain.account(context)
    domain.finished(context, repository)
    accounts.open_session(context, account, "token-1", ttl=60)
    maintenance.recall_answer(context, account.id, "key", "createBuild", fingerprint="f")
    domain.worker(context)
    removed = maintenance.remove_old(context, time.time() + 31 * DAY)
    assert (removed.deliveries, removed.sessions, removed.answers) == (1, 1, 1)
    for table in ("deliveries", "sessions", "idempotency", "workers"):
        assert count(context, table) == 0


def test_vacuum_gives_the_disk_back(sqlite_context: Context) -> None:
    context = sqlite_context
    repository = domain.ready(context)
    build = domain.pushed(context, repository)
    domain.claimed(context)
    for _ in range(30):
        builds.append_log(context, build.id, 1, b"x" * 60_000)
    before = maintenance.status(context).database_size
    repositories.delete(context, repository.id, "octocat")
    maintenance.vacuum(context)
    assert maintenance.status(context).database_size < before / 2


def test_the_overview_counts_what_is_going_on(context: Context) -> None:
    empty = maintenance.status(context)
    assert (empty.queued, empty.running, empty.statuses_waiting) == (0, 0, 0)
    assert (empty.oldest_queued_age, empty.oldest_status_age) == (None, None)
    repository = domain.ready(context)
    domain.registered(context, "octo", "new")
    domain.worker(context)
    domain.pushed(context, repository, "one")
    domain.pushed(context, repository, "two")
    domain.claimed(context)
    seen = maintenance.status(context)
    assert (seen.queued, seen.running, seen.statuses_waiting) == (1, 1, 2)
    assert seen.repositories == {"ready": 1, "cloning": 1}
    assert seen.oldest_queued_age is not None
    assert seen.database_size > 10_000
    assert seen.schema
    assert [worker.name for worker in seen.workers] == ["w1"]


def test_a_request_with_a_key_is_answered_as_the_first_time(context: Context) -> None:
    account = domain.account(context)
    key = (account.id, "key-1", "createBuild")
    assert maintenance.recall_answer(context, *key, fingerprint="f") is None
    maintenance.remember_answer(context, *key, ANSWER)
    assert maintenance.recall_answer(context, *key, fingerprint="f") == ANSWER
    other = (domain.account(context, "other").id, "key-1", "createBuild")
    assert maintenance.recall_answer(context, *other, fingerprint="f") is None
    elsewhere = (account.id, "key-1", "retryBuild")
    assert maintenance.recall_answer(context, *elsewhere, fingerprint="f") is None


def test_a_key_used_with_another_request_is_refused(context: Context) -> None:
    key = (domain.account(context).id, "key-1", "createBuild")
    maintenance.recall_answer(context, *key, fingerprint="f")
    for _ in range(2):
        with pytest.raises(ValidationFailed) as caught:
            maintenance.recall_answer(context, *key, fingerprint="another")
        assert caught.value.detail[0]["loc"] == ["parameters", "Idempotency-Key"]
        maintenance.remember_answer(context, *key, ANSWER)


def test_a_request_that_is_being_worked_on_is_a_conflict(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (domain.account(context).id, "key-1", "createBuild")
    maintenance.recall_answer(context, *key, fingerprint="f")
    with pytest.raises(Conflict, match="worked on"):
        maintenance.recall_answer(context, *key, fingerprint="f")
    maintenance.forget_answer(context, *key)
    assert maintenance.recall_answer(context, *key, fingerprint="f") is None
    # Whoever worked on it has died: after two minutes the same key may try again.
    moment = time.time() + 121
    monkeypatch.setattr(time, "time", lambda: moment)
    assert maintenance.recall_answer(context, *key, fingerprint="f") is None


def test_kept_answers_are_not_in_the_database_in_clear(context: Context) -> None:
    key = (domain.account(context).id, "key-1", "createToken")
    maintenance.recall_answer(context, *key, fingerprint="f")
    maintenance.remember_answer(context, *key, ANSWER)
    with context.database.read() as connection:
        stored = connection.execute(sa.text("SELECT answer FROM idempotency")).scalar_one()
    assert b"hunter2" not in bytes(stored)
