from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from myapp import builds, repositories
from myapp.builds import workers
from myapp.context import Context
from myapp.errors import BuildNotFound, Conflict, LeaseLost
from myapp.runner.model import Result
from tests.support import domain

WRITES: dict[str, Callable[[Context, int, int], object]] = {
    "renew": builds.renew,
    "enter_step": lambda context, build_id, attempt: builds.enter_step(
        context, build_id, attempt, "make"
    ),
    "append_log": lambda context, build_id, attempt: builds.append_log(
        context, build_id, attempt, b"late"
    ),
    "finish": lambda context, build_id, attempt: builds.finish(
        context, build_id, attempt, domain.PASSED
    ),
    "hand_back": lambda context, build_id, attempt: builds.hand_back(
        context, build_id, attempt, "the worker is stopping"
    ),
}


@pytest.fixture
def running(context: Context) -> builds.Build:
    """A build that worker w1 holds with attempt 1."""
    domain.worker(context, "w1")
    domain.pushed(context, domain.ready(context))
    return domain.claimed(context, "w1").build


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("case", ["finished", "cancelled", "lost", "taken by another", "deleted"])
def test_no_write_of_a_lost_attempt_hits_a_row(
    context: Context,
    running: builds.Build,
    write: Callable[[Context, int, int], object],
    case: str,
) -> None:
    if case == "finished":
        builds.finish(context, running.id, 1, domain.PASSED)
    elif case == "cancelled":
        workers.gone(context, "w1")
        builds.cancel(context, running.id, "octocat", "wrong branch")
    elif case == "deleted":
        repositories.delete(context, running.repository_id, "octocat")
    else:
        builds.expire_leases(context, domain.later(61))
        if case == "taken by another":
            domain.claimed(context, "w2")
    before = builds.peek(context, running.id)
    with pytest.raises(LeaseLost):
        write(context, running.id, 1)
    assert builds.peek(context, running.id) == before
    assert b"late" not in builds.read_log(context, running.id, 0)


def test_renewing_lengthens_the_lease(context: Context, running: builds.Build) -> None:
    renewal = builds.renew(context, running.id, 1)
    assert (renewal.cancelled_by, renewal.reason) == (None, None)
    assert (domain.stored(context, running.id).lease_until or 0) > (running.lease_until or 0)


def test_the_step_is_shown_while_it_runs(context: Context, running: builds.Build) -> None:
    builds.enter_step(context, running.id, 1, "checkout")
    assert domain.stored(context, running.id).step == "checkout"
    builds.finish(context, running.id, 1, domain.PASSED)
    assert domain.stored(context, running.id).step is None


@pytest.mark.parametrize(
    "result",
    [
        domain.PASSED,
        domain.FAILED,
        Result("errored", "there is no Makefile", None, 0.1, 1 << 33),
        Result("timed_out", "it took longer than 60 s", None, 60.0, 1024),
        Result("cancelled", "cancelled by octocat: wrong branch"),
    ],
    ids=lambda result: result.state,
)
def test_the_end_is_written_with_what_it_cost(
    context: Context, running: builds.Build, result: Result
) -> None:
    ended = builds.finish(context, running.id, 1, result)
    assert ended == domain.stored(context, running.id)
    assert (ended.state, ended.reason) == (result.state, result.reason)
    assert (ended.exit_code, ended.max_rss) == (result.exit_code, result.max_rss)
    assert ended.cpu_seconds == result.cpu_seconds
    assert ended.finished_at is not None
    assert ended.lease_until is None
    assert ended.is_final


@pytest.mark.parametrize("state", ["queued", "running", "superseded", "nonsense"])
def test_a_worker_cannot_end_a_build_as_what_is_no_result(
    context: Context, running: builds.Build, state: str
) -> None:
    with pytest.raises(ValueError, match=state):
        builds.finish(context, running.id, 1, Result(state, "why"))
    assert domain.stored(context, running.id).state == "running"


def test_a_reason_that_no_database_takes_is_stored_all_the_same(
    context: Context, running: builds.Build
) -> None:
    ended = builds.finish(context, running.id, 1, Result("errored", "a\0b\udcff" + "x" * 5000))
    assert ended.reason is not None
    assert ended.reason.startswith("a")
    assert len(ended.reason) <= 1000


def test_a_lost_test_is_queued_again_once_and_says_so(
    context: Context, running: builds.Build
) -> None:
    assert builds.expire_leases(context, time.time()) == []
    builds.append_log(context, running.id, 1, b"first try\n")
    (again,) = builds.expire_leases(context, domain.later(61))
    assert (again.state, again.losses) == ("queued", 1)
    assert "attempt 2: worker w1 was lost at " in str(again.reason)
    second = domain.claimed(context, "w2").build
    assert (second.attempt, second.worker) == (2, "w2")
    assert "attempt 2: worker w1 was lost at " in str(second.reason)
    builds.append_log(context, second.id, 2, b"second try\n")
    log = builds.read_log(context, second.id, 0).decode()
    assert log.startswith("first try\n\n--- attempt 2: worker w1 was lost at ")
    assert log.endswith(" ---\nsecond try\n")
    (ended,) = builds.expire_leases(context, domain.later(61))
    assert ended.state == "errored"
    assert "worker w2 was lost at " in str(ended.reason)
    assert builds.claim(context, "w2", 10) is None


def test_a_second_attempt_that_passes_still_tells_of_the_first(
    context: Context, running: builds.Build
) -> None:
    builds.expire_leases(context, domain.later(61))
    domain.claimed(context, "w2")
    ended = builds.finish(context, running.id, 2, domain.PASSED)
    assert (ended.state, ended.attempt) == ("passed", 2)
    assert "attempt 2: worker w1 was lost" in str(ended.reason)


def test_a_lost_build_that_was_to_be_cancelled_is_cancelled(
    context: Context, running: builds.Build
) -> None:
    builds.cancel(context, running.id, "octocat", "wrong branch")
    (ended,) = builds.expire_leases(context, domain.later(61))
    assert ended.state == "cancelled"
    assert str(ended.reason).startswith("cancelled by octocat: wrong branch (worker w1 was lost")


def test_a_dead_worker_is_settled_without_waiting(context: Context, running: builds.Build) -> None:
    assert builds.worker_died(context, "w2") == []
    (again,) = builds.worker_died(context, "w1")
    assert (again.id, again.state) == (running.id, "queued")
    assert builds.worker_died(context, "w1") == []


def test_a_build_handed_back_is_queued_again_however_often(
    context: Context, running: builds.Build
) -> None:
    for attempt in (1, 2, 3):
        back = builds.hand_back(context, running.id, attempt, "worker w1 was stopped")
        assert (back.state, back.losses) == ("queued", 0)
        assert f"attempt {attempt + 1}: worker w1 was stopped at" in str(back.reason)
        assert domain.claimed(context).build.attempt == attempt + 1


def test_cancelling_what_waits_ends_it_at_once(context: Context) -> None:
    build = domain.pushed(context, domain.ready(context))
    ended = builds.cancel(context, build.id, "octocat", " wrong\n branch ")
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by octocat: wrong branch")
    assert builds.claim(context, "w1", 10) is None
    with pytest.raises(Conflict, match="cancelled"):
        builds.cancel(context, build.id, "octocat", "")
    with pytest.raises(BuildNotFound):
        builds.cancel(context, 99, "octocat", "")


def test_cancelling_what_runs_tells_its_worker(context: Context, running: builds.Build) -> None:
    flagged = builds.cancel(context, running.id, "octocat", "wrong branch")
    assert (flagged.state, flagged.cancel_by) == ("running", "octocat")
    builds.cancel(context, running.id, "mona", "me too")
    renewal = builds.renew(context, running.id, 1)
    assert (renewal.cancelled_by, renewal.reason) == ("octocat", "wrong branch")


@pytest.mark.parametrize("why", ["gone", "never announced"])
def test_cancelling_works_when_no_worker_is_alive(
    context: Context, running: builds.Build, why: str
) -> None:
    if why == "gone":
        workers.gone(context, "w1")
    else:
        builds.expire_leases(context, domain.later(61))
        domain.claimed(context, "never announced")
    ended = builds.cancel(context, running.id, "octocat", "wrong branch")
    assert ended.state == "cancelled"
    assert ended.reason == "cancelled by octocat: wrong branch (its worker was not running)"


def test_workers_are_listed_with_what_they_run(context: Context, running: builds.Build) -> None:
    domain.worker(context, "w2", slots=4)
    first, second = workers.list_workers(context)
    assert (first.name, first.running, first.slots) == ("w1", 1, 2)
    assert (second.name, second.running) == ("w2", 0)
    assert first.is_alive(time.time())
    assert not first.is_alive(domain.later(31))
    workers.gone(context, "w1")
    assert not workers.list_workers(context)[0].is_alive(time.time())
    assert workers.seen(context, "w1")
    assert workers.list_workers(context)[0].is_alive(time.time())
    assert not workers.seen(context, "never announced")
