from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from myapp import accounts, builds, deliveries, repositories
from myapp.builds import workers
from myapp.context import Context
from myapp.errors import BuildNotFound, Conflict, PermissionDenied
from myapp.repositories import Repository
from tests.support import domain, factories


def test_a_push_is_queued_with_all_it_says(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push("feature/ü", message="Überschrift\n\nBody", author="mona", pusher="hubot")
    outcome = deliveries.receive(context, repository, "d1", "push", push)
    assert outcome.build is not None
    stored = domain.stored(context, outcome.build.id)
    assert stored == outcome.build
    assert (stored.state, stored.number, stored.event) == ("queued", 1, "push")
    assert (stored.branch, stored.sha, stored.message) == (push.branch, push.sha, push.message)
    assert (stored.author, stored.creator, stored.target) == ("mona", "hubot", "test")


def test_builds_are_claimed_in_the_order_they_came(context: Context) -> None:
    repository = domain.ready(context)
    queued = [domain.pushed(context, repository, f"branch-{number}") for number in range(3)]
    claimed = [domain.claimed(context).build for _ in queued]
    assert [build.id for build in claimed] == [build.id for build in queued]
    assert builds.claim(context, "w1", 100) is None


def test_a_claimed_build_is_running_on_its_worker_with_a_lease(context: Context) -> None:
    domain.pushed(context, domain.ready(context))
    build = domain.claimed(context, "w7").build
    assert (build.state, build.worker, build.attempt) == ("running", "w7", 1)
    assert build.started_at is not None
    assert build.lease_until is not None
    assert build.lease_until - build.started_at == pytest.approx(60)


def test_a_worker_gets_no_more_than_its_slots(context: Context) -> None:
    repository = domain.ready(context)
    for number in range(4):
        domain.pushed(context, repository, f"branch-{number}")
    first = builds.claim(context, "w1", 2)
    assert first is not None
    assert builds.claim(context, "w1", 2) is not None
    assert builds.claim(context, "w1", 2) is None
    assert builds.claim(context, "w2", 1) is not None
    builds.finish(context, first.build.id, 1, domain.PASSED)
    assert builds.claim(context, "w1", 2) is not None


@pytest.mark.parametrize("status", ["cloning", "failed"])
def test_builds_wait_until_their_repository_is_ready(context: Context, status: str) -> None:
    repository = domain.registered(context)
    if status == "failed":
        repositories.mark_failed(context, repository.id, "no access")
    build = domain.pushed(context, repository)
    assert builds.claim(context, "w1", 1) is None
    repositories.mark_ready(context, repository.id)
    assert domain.claimed(context).build.id == build.id


def test_an_unready_repository_does_not_hold_up_the_others(context: Context) -> None:
    domain.pushed(context, domain.registered(context, "octo", "slow"))
    build = domain.pushed(context, domain.ready(context, "octo", "quick"))
    assert domain.claimed(context).build.id == build.id


def one_per_branch(context: Context) -> Repository:
    repository = domain.ready(context)
    changes = {"one_build_per_branch": True}
    return repositories.update_settings(context, repository.id, changes, "octocat")


def test_a_branch_has_one_build_at_a_time_where_so_set(context: Context) -> None:
    repository = one_per_branch(context)
    running = domain.pushed(context, repository)
    domain.claimed(context)
    waiting = domain.pushed(context, repository)
    other = domain.pushed(context, repository, "other")
    assert domain.claimed(context).build.id == other.id
    assert builds.claim(context, "w1", 100) is None
    reader = domain.account(context)
    domain.worker(context, slots=100)
    told = builds.get(context, reader, waiting.id)
    assert told.reason == f"waiting for #{running.number} of the same branch to end"
    builds.finish(context, running.id, 1, domain.PASSED)
    assert domain.claimed(context).build.id == waiting.id


def deployment(context: Context, repository: Repository, environment: str) -> int:
    build = domain.pushed(context, repository, f"branch-{factories.number()}")
    with context.database.write() as connection:
        connection.execute(
            sa.text("UPDATE builds SET job = 'deploy', environment = :name WHERE id = :id"),
            {"name": environment, "id": build.id},
        )
    return build.id


def test_an_environment_has_one_deployment_at_a_time(context: Context) -> None:
    repository = domain.ready(context)
    first = deployment(context, repository, "production")
    second = deployment(context, repository, "production")
    staging = deployment(context, repository, "staging")
    assert domain.claimed(context).build.id == first
    assert domain.claimed(context).build.id == staging
    assert builds.claim(context, "w1", 100) is None
    builds.finish(context, first, 1, domain.PASSED)
    assert domain.claimed(context).build.id == second


def test_a_newer_push_supersedes_what_waits_on_its_branch(context: Context) -> None:
    repository = domain.ready(context)
    running = domain.pushed(context, repository)
    domain.claimed(context)
    old = domain.pushed(context, repository)
    elsewhere = domain.pushed(context, repository, "elsewhere")
    new = domain.pushed(context, repository)
    superseded = domain.stored(context, old.id)
    assert superseded.state == "superseded"
    assert superseded.superseded_by == new.id
    assert superseded.reason == f"superseded by #{new.number}"
    assert superseded.finished_at is not None
    assert domain.stored(context, running.id).state == "running"
    assert domain.stored(context, elsewhere.id).state == "queued"


def test_what_a_person_asked_for_is_not_superseded(context: Context) -> None:
    repository = domain.ready(context)
    ended = domain.finished(context, repository, branch="other")
    manual = builds.enqueue(
        context,
        repository,
        event="manual",
        branch="main",
        ref="main",
        sha=factories.sha(),
        message="",
        author="octocat",
        creator="octocat",
    )
    retried = builds.retry(context, ended.id, "octocat")
    domain.pushed(context, repository)
    domain.pushed(context, repository, "other")
    assert domain.stored(context, manual.id).state == "queued"
    assert domain.stored(context, retried.id).state == "queued"


def test_a_deployment_is_never_superseded(context: Context) -> None:
    repository = domain.ready(context)
    which = deployment(context, repository, "production")
    domain.pushed(context, repository, domain.stored(context, which).branch)
    assert domain.stored(context, which).state == "queued"


def test_a_retry_is_a_new_build_of_the_same_commit(context: Context) -> None:
    repository = domain.ready(context)
    old = domain.finished(context, repository, domain.FAILED)
    new = builds.retry(context, old.id, "mona")
    assert (new.event, new.retry_of, new.creator) == ("retry", old.id, "mona")
    assert (new.sha, new.branch, new.number) == (old.sha, old.branch, old.number + 1)
    with pytest.raises(Conflict, match="queued"):
        builds.retry(context, new.id, "mona")
    with pytest.raises(BuildNotFound):
        builds.retry(context, 99, "mona")


def test_the_reason_of_a_waiting_build_is_true_at_every_moment(context: Context) -> None:
    reader = domain.account(context)
    repository = domain.registered(context)
    first = domain.pushed(context, repository, "first")
    second = domain.pushed(context, repository, "second")

    def reasons() -> list[str | None]:
        found = builds.list_builds(context, repository.id)
        return [build.reason for build in sorted(found, key=lambda build: build.id)]

    assert reasons() == ["waiting for the repository's first clone"] * 2
    repositories.mark_ready(context, repository.id)
    assert reasons() == ["no worker is running"] * 2
    domain.worker(context, "w1", slots=1)
    assert reasons() == [
        "1st in the queue: a worker is about to take the next",
        "2nd in the queue: a worker is about to take the next",
    ]
    assert builds.queue_position(context, second.id) == 2
    domain.claimed(context, "w1")
    assert reasons() == [None, "1st in the queue: the only slot of worker w1 is busy"]
    assert builds.get(context, reader, second.id).queue_position == 1
    assert builds.queue_position(context, first.id) is None
    workers.gone(context, "w1")
    assert reasons() == [None, "no worker is running"]


def test_the_expected_end_comes_from_the_median_of_green_builds(context: Context) -> None:
    repository = domain.ready(context)
    reader = domain.account(context)
    for seconds, result in ((10, domain.PASSED), (30, domain.PASSED), (500, domain.FAILED)):
        build = domain.finished(context, repository, result)
        with context.database.write() as connection:
            connection.execute(
                sa.text("UPDATE builds SET finished_at = started_at + :s WHERE id = :id"),
                {"s": seconds, "id": build.id},
            )
    running = domain.pushed(context, repository)
    domain.claimed(context)
    waiting = domain.pushed(context, repository, "other")
    domain.worker(context, slots=1)
    found = builds.get(context, reader, running.id)
    assert found.eta == pytest.approx((found.started_at or 0) + 20)
    assert builds.get(context, reader, waiting.id).eta == pytest.approx(time.time() + 20, abs=10)


def test_builds_are_visible_as_their_repository_is(context: Context) -> None:
    repository = domain.ready(context)
    build = domain.pushed(context, repository)
    stranger = domain.account(context, "stranger")
    for build_id in (build.id, 99):
        with pytest.raises(BuildNotFound, match="Build not found"):
            builds.get(context, stranger, build_id)
    accounts.grant(context, stranger, repository.id, "READ")
    assert builds.get(context, stranger, build.id).id == build.id
    with pytest.raises(PermissionDenied, match="WRITE"):
        builds.get(context, stranger, build.id, "WRITE")
    root = domain.account(context, "root")
    assert builds.get(context, root, build.id, "ADMIN").id == build.id


def test_lists_page_by_key_and_by_branch(context: Context) -> None:
    repository = domain.ready(context)
    other = domain.ready(context, "octo", "other")
    domain.pushed(context, other)
    for number in range(6):
        domain.pushed(context, repository, "even" if number % 2 == 0 else "odd")
    first = builds.list_builds(context, repository.id, limit=4)
    assert [build.number for build in first] == [6, 5, 4, 3]
    rest = builds.list_builds(context, repository.id, limit=4, before=first[-1].id)
    assert [build.number for build in rest] == [2, 1]
    odd = builds.list_builds(context, repository.id, branch="odd")
    assert [build.number for build in odd] == [6, 4, 2]
    last = builds.last_builds(context, [repository.id, other.id, 99])
    assert {key: build.number for key, build in last.items()} == {repository.id: 6, other.id: 1}
    assert builds.last_builds(context, []) == {}


def test_the_badge_shows_what_says_something_about_the_branch(context: Context) -> None:
    repository = domain.ready(context)
    assert builds.state_for_badge(context, repository.id, "main") is None
    domain.finished(context, repository)
    assert builds.state_for_badge(context, repository.id, "main") == "passed"
    cancelled = domain.pushed(context, repository)
    builds.cancel(context, cancelled.id, "octocat", "")
    assert builds.state_for_badge(context, repository.id, "main") == "passed"
    domain.finished(context, repository, domain.FAILED)
    assert builds.state_for_badge(context, repository.id, "main") == "failed"
    assert builds.state_for_badge(context, repository.id, "other") is None


def test_texts_that_no_database_takes_are_stored_all_the_same(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push(message="a\0b\ud800c", author="m\0na")
    outcome = deliveries.receive(context, repository, "d1", "push", push)
    assert outcome.build is not None
    stored = domain.stored(context, outcome.build.id)
    assert "\0" not in stored.message + stored.author
    assert stored.message.startswith("a")
