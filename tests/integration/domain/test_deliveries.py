from __future__ import annotations

import pytest
import sqlalchemy as sa

from myapp import builds, deliveries, repositories
from myapp.context import Context
from myapp.errors import DatabaseUnavailable, RepositoryNotFound
from myapp.store import engines
from myapp.store.database import Database
from tests.support import domain


def test_the_same_delivery_again_changes_nothing(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push()
    first = deliveries.receive(context, repository, "d1", "push", push)
    again = deliveries.receive(context, repository, "d1", "push", push)
    assert not first.duplicate
    assert again.duplicate
    assert again.build == first.build
    assert again.detail
    assert len(builds.list_builds(context, repository.id)) == 1
    # What a duplicate began was undone: the next build's number follows.
    assert domain.pushed(context, repository).number == 2


def test_two_repositories_may_hear_of_one_event(context: Context) -> None:
    # GitHub shares a delivery's id between all hooks that subscribe to the event.
    for name in ("one", "two"):
        repository = domain.ready(context, "octo", name)
        outcome = deliveries.receive(context, repository, "shared", "push", domain.push())
        assert outcome.build is not None


def test_a_delivery_without_a_push_is_kept_with_the_reason(context: Context) -> None:
    repository = domain.ready(context)
    outcome = deliveries.receive(context, repository, "d1", "ping", detail="Hello")
    assert (outcome.build, outcome.duplicate, outcome.detail) == (None, False, "Hello")
    assert deliveries.receive(context, repository, "d1", "ping", detail="Hello").duplicate
    assert builds.list_builds(context, repository.id) == []


def test_deliveries_are_listed_with_what_was_done(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push()
    build = deliveries.receive(context, repository, "d1", "push", push).build
    assert build is not None
    deliveries.receive(context, repository, "d2", "ping", detail="Hello")
    newest, oldest = deliveries.list_deliveries(context, repository.id)
    assert (newest.event, newest.detail, newest.build_id) == ("ping", "Hello", None)
    assert (oldest.sha, oldest.branch, oldest.build_id) == (push.sha, push.branch, build.id)
    page = deliveries.list_deliveries(context, repository.id, limit=5, before=newest.id)
    assert [delivery.delivery_id for delivery in page] == ["d1"]


def test_a_delivery_before_the_first_clone_waits_for_it(context: Context) -> None:
    repository = domain.registered(context)
    outcome = deliveries.receive(context, repository, "d1", "push", domain.push())
    assert outcome.build is not None
    assert outcome.build.state == "queued"


def test_a_delivery_for_a_deleted_repository_is_refused(context: Context) -> None:
    repository = domain.ready(context)
    repositories.delete(context, repository.id, "octocat")
    with pytest.raises(RepositoryNotFound):
        deliveries.receive(context, repository, "d1", "push", domain.push())


def test_when_the_disk_is_full_nothing_is_half_written(sqlite_context: Context) -> None:
    context = sqlite_context
    repository = domain.ready(context)
    with context.database.outside_transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    accepted = 0
    with pytest.raises(DatabaseUnavailable, match="full"):
        for number in range(10_000):
            push = domain.push(f"branch-{number}")
            deliveries.receive(context, repository, f"d{number}", "push", push)
            accepted += 1
    with context.database.read() as connection:
        for table in ("builds", "deliveries", "statuses"):
            count = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert count == accepted
    with context.database.outside_transaction() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages * 10}")
    assert domain.pushed(context, repository).number == accepted + 1


def test_while_the_database_is_locked_nothing_is_lost(
    sqlite_url: str, sqlite_context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = sqlite_context
    repository = domain.ready(context)
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.2)
    impatient = Database(sqlite_url)
    ours = type(context)(context.settings, impatient, context.vault, context.bus)
    push = domain.push()
    with context.database.write(), pytest.raises(DatabaseUnavailable):
        deliveries.receive(ours, repository, "d1", "push", push)
    outcome = deliveries.receive(ours, repository, "d1", "push", push)
    assert outcome.build is not None
    assert not outcome.duplicate
    impatient.close()
