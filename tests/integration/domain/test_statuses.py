from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from myapp import builds, repositories
from myapp.builds import statuses
from myapp.context import Context
from tests.support import domain


def due(context: Context, seconds: float = 1) -> list[statuses.PendingStatus]:
    return statuses.due(context, domain.later(seconds), 10)


@pytest.fixture
def build(context: Context) -> builds.Build:
    """A queued build."""
    return domain.pushed(context, domain.ready(context))


def test_a_queued_build_is_told_as_pending(context: Context, build: builds.Build) -> None:
    (status,) = due(context)
    assert (status.state, status.context) == ("pending", "hobotnica/test")
    assert (status.owner, status.name, status.sha) == ("octo", "hello", build.sha)
    assert status.target_url == f"http://127.0.0.1:5000/builds/{build.id}"
    assert status.token == "token-1"
    assert "token-1" not in repr(status)


@pytest.mark.parametrize(
    ("result", "state", "description"),
    [
        (domain.PASSED, "success", "Passed"),
        (domain.FAILED, "failure", "Make: *** [Makefile:2: test] Error 1"),
    ],
    ids=["passed", "failed"],
)
def test_only_the_newest_state_is_sent(
    context: Context, build: builds.Build, result: object, state: str, description: str
) -> None:
    domain.claimed(context)
    builds.finish(context, build.id, 1, result)  # type: ignore[arg-type]
    (status,) = due(context)
    assert (status.state, status.description) == (state, description)


def test_what_github_took_is_not_sent_again(context: Context, build: builds.Build) -> None:
    (status,) = due(context)
    statuses.taken(context, status.id)
    assert due(context, 10**6) == []


def test_a_status_is_nobody_elses_while_it_is_being_sent(
    context: Context, build: builds.Build
) -> None:
    (first,) = due(context)
    assert due(context) == []
    (again,) = due(context, 125)
    assert again.id == first.id


def test_a_state_written_while_an_older_is_on_its_way_stays_due(
    context: Context, build: builds.Build
) -> None:
    (pending,) = due(context)
    domain.claimed(context)
    builds.finish(context, build.id, 1, domain.PASSED)
    assert due(context) == []  # or the older could arrive last
    statuses.taken(context, pending.id)
    (final,) = due(context)
    assert final.state == "success"
    statuses.taken(context, final.id)
    assert due(context, 10**6) == []


def test_what_github_did_not_take_is_due_later(context: Context, build: builds.Build) -> None:
    (status,) = due(context)
    statuses.postpone(context, status.id, "GitHub answered 500", domain.later(60))
    assert due(context, 50) == []
    (again,) = due(context, 61)
    assert again.failures == 1
    statuses.postpone(context, again.id, "GitHub answered 500", domain.later(120))
    assert due(context, 121)[0].failures == 2


def test_a_newer_state_does_not_wait_for_the_older_ones_backoff(
    context: Context, build: builds.Build
) -> None:
    (status,) = due(context)
    domain.claimed(context)
    builds.finish(context, build.id, 1, domain.PASSED)
    statuses.postpone(context, status.id, "GitHub answered 500", domain.later(3600))
    assert due(context)[0].state == "success"


def test_what_is_given_up_is_never_sent_but_what_is_newer_is(
    context: Context, build: builds.Build
) -> None:
    (status,) = due(context)
    statuses.give_up(context, status.id, "the commit is gone")
    assert due(context, 10**6) == []
    domain.claimed(context)
    builds.finish(context, build.id, 1, domain.PASSED)
    assert due(context)[0].state == "success"


def test_superseded_cancelled_and_lost_builds_are_told_too(context: Context) -> None:
    repository = domain.ready(context)
    superseded = domain.pushed(context, repository)
    cancelled = domain.pushed(context, repository)
    builds.cancel(context, cancelled.id, "octocat", "wrong branch")
    lost = domain.pushed(context, repository)
    domain.claimed(context)
    for status in due(context):
        statuses.taken(context, status.id)
    builds.expire_leases(context, domain.later(61))
    told = {status.build_id: status for status in due(context, 62)}
    assert told.keys() == {lost.id}
    assert told[lost.id].state == "pending"
    assert told[lost.id].description.startswith("Attempt 2: worker w1 was lost at ")
    with context.database.read() as connection:
        rows = connection.execute(sa.text("SELECT build_id, description FROM statuses"))
        sent = {row.build_id: row.description for row in rows}
    assert sent[superseded.id] == f"Superseded by #{cancelled.number}"
    assert sent[cancelled.id] == "Cancelled by octocat: wrong branch"


def test_a_token_that_cannot_be_decrypted_stops_no_other_status(context: Context) -> None:
    broken = domain.ready(context, "octo", "broken")
    fine = domain.ready(context, "octo", "fine")
    domain.pushed(context, broken)
    build = domain.pushed(context, fine)
    with context.database.write() as connection:
        connection.execute(
            sa.text("UPDATE repositories SET token = :t WHERE id = :id"),
            {"t": b"not ours", "id": broken.id},
        )
    assert [status.build_id for status in due(context)] == [build.id]
    assert [status.build_id for status in due(context, 10**6)] == [build.id]


def test_statuses_follow_a_rename(context: Context, build: builds.Build) -> None:
    repositories.rename(context, build.repository_id, "neworg", "newname")
    assert [(each.owner, each.name) for each in due(context)] == [("neworg", "newname")]


def test_the_oldest_come_first_and_no_more_than_asked_for(context: Context) -> None:
    repository = domain.ready(context)
    expected = [domain.pushed(context, repository, f"b{number}").id for number in range(5)]
    moment = time.time() + 1
    first = [status.build_id for status in statuses.due(context, moment, 3)]
    rest = [status.build_id for status in statuses.due(context, moment, 3)]
    assert first + rest == expected
