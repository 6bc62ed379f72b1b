"""Many threads and processes at once, over both databases: nothing twice, nothing lost."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import pytest
import sqlalchemy as sa

from myapp import builds, deliveries, maintenance, repositories
from myapp.builds import statuses
from myapp.context import Context
from myapp.errors import HobotnicaError, LeaseLost
from myapp.settings import Settings
from tests.support import domain

SPAWN = multiprocessing.get_context("spawn")


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` returned, or raised, in so many threads that begin at the same moment."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except HobotnicaError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def flat(lists: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def claim_all(context: Context, worker: str, slots: int = 10_000) -> list[tuple[int, int]]:
    found = []
    while claimed := builds.claim(context, worker, slots):
        found.append((claimed.build.id, claimed.build.attempt))
    return found


def _claim_in_process(settings: Settings, worker: str, barrier: Any, results: Any) -> None:
    context = Context.open(settings)
    barrier.wait()
    results.put(claim_all(context, worker))
    context.close()


def _receive_in_process(settings: Settings, number: int, barrier: Any, results: Any) -> None:
    context = Context.open(settings)
    repository = repositories.find(context, "octo", "hello")
    barrier.wait()
    outcomes = []
    for each in range(10):
        push = domain.push(f"branch-{each}", sha=f"{each:040x}")
        outcome = deliveries.receive(context, repository, f"shared-{each}", "push", push)
        outcomes.append((each, outcome.duplicate))
        own = domain.push(f"own-{number}-{each}", sha=f"{number:020x}{each:020x}")
        deliveries.receive(context, repository, f"own-{number}-{each}", "push", own)
    results.put(outcomes)
    context.close()


def processes(count: int, target: Callable[..., None], settings: Settings) -> list[Any]:
    """What so many processes, begun at the same moment, put into their queue."""
    barrier, results = SPAWN.Barrier(count), SPAWN.Queue()
    started = []
    for number in range(count):
        name = number if target is _receive_in_process else f"w{number}"
        process = SPAWN.Process(target=target, args=(settings, name, barrier, results))
        process.start()
        started.append(process)
    answers = [results.get(timeout=100) for _ in started]
    for process in started:
        process.join(100)
    return answers


def numbers(context: Context) -> list[int]:
    with context.database.read() as connection:
        rows = connection.execute(sa.text("SELECT number FROM builds ORDER BY number"))
        return list(rows.scalars())


def test_threads_claim_each_build_once(context: Context) -> None:
    repository = domain.ready(context)
    queued = {domain.pushed(context, repository, f"b{number}").id for number in range(60)}
    claimed = flat(together(6, lambda number: claim_all(context, f"w{number}")))
    assert sorted(claimed) == sorted((build_id, 1) for build_id in queued)


def test_processes_claim_each_build_once(context: Context) -> None:
    repository = domain.ready(context)
    queued = {domain.pushed(context, repository, f"b{number}").id for number in range(80)}
    claimed = flat(processes(4, _claim_in_process, context.settings))
    assert sorted(claimed) == sorted((build_id, 1) for build_id in queued)


def test_one_workers_threads_never_take_more_than_its_slots(context: Context) -> None:
    repository = domain.ready(context)
    domain.worker(context, "w1", slots=3)
    for number in range(20):
        domain.pushed(context, repository, f"b{number}")
    claimed = flat(together(6, lambda number: claim_all(context, "w1", slots=3)))
    assert len(claimed) == 3


def test_a_lane_is_never_taken_by_two_workers(context: Context) -> None:
    repository = domain.ready(context)
    changes = {"one_build_per_branch": True}
    repositories.update_settings(context, repository.id, changes, "octocat")
    for _ in range(12):
        builds.enqueue(
            context,
            repository,
            event="manual",
            branch="main",
            ref="main",
            sha="a" * 40,
            message="",
            author="",
            creator="octocat",
        )
    done = 0
    while claimed := flat(together(4, lambda number: claim_all(context, f"w{number}"))):
        assert len(claimed) == 1
        builds.finish(context, claimed[0][0], 1, domain.PASSED)
        done += 1
    assert done == 12


def test_a_delivery_that_comes_many_times_at_once_makes_one_build(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push()
    outcomes = together(8, lambda _: deliveries.receive(context, repository, "d1", "push", push))
    assert Counter(outcome.duplicate for outcome in outcomes) == {False: 1, True: 7}
    assert {outcome.build.id for outcome in outcomes} == {outcomes[0].build.id}
    assert numbers(context) == [1]


def test_processes_receive_without_doubles_gaps_or_losses(context: Context) -> None:
    domain.ready(context)
    answers = processes(4, _receive_in_process, context.settings)
    first = Counter(each for answer in answers for each, duplicate in answer if not duplicate)
    assert first == dict.fromkeys(range(10), 1)
    assert numbers(context) == list(range(1, 51))


def test_a_build_expires_once_however_many_look(context: Context) -> None:
    repository = domain.ready(context)
    for number in range(10):
        domain.pushed(context, repository, f"b{number}")
    claim_all(context, "w1")
    moment = domain.later(61)
    settled = flat(together(5, lambda _: builds.expire_leases(context, moment)))
    assert len(settled) == 10
    assert {build.losses for build in settled} == {1}


def test_of_finishing_and_expiring_at_once_one_wins(context: Context) -> None:
    repository = domain.ready(context)
    for number in range(10):
        build = domain.pushed(context, repository, f"b{number}")
        domain.claimed(context)
        moment = domain.later(61)

        def work(which: int, build_id: int = build.id, moment: float = moment) -> Any:
            if which == 0:
                return builds.finish(context, build_id, 1, domain.PASSED)
            return builds.expire_leases(context, moment)

        finished, expired = together(2, work)
        state = domain.stored(context, build.id).state
        assert isinstance(finished, LeaseLost) == bool(expired)
        assert state == ("queued" if expired else "passed")
        if expired:
            builds.cancel(context, build.id, "octocat", "")


def test_of_cancelling_and_claiming_at_once_none_is_lost(context: Context) -> None:
    repository = domain.ready(context)
    domain.worker(context, "w1")
    for number in range(10):
        build = domain.pushed(context, repository, f"b{number}")

        def work(which: int, build_id: int = build.id) -> Any:
            if which == 0:
                return builds.claim(context, "w1", 1000)
            return builds.cancel(context, build_id, "octocat", "")

        claimed, _ = together(2, work)
        if claimed is None:
            assert domain.stored(context, build.id).state == "cancelled"
        else:
            assert builds.renew(context, build.id, 1).cancelled_by == "octocat"
            builds.finish(context, build.id, 1, domain.FAILED)


def test_a_status_is_sent_by_one_of_many_senders(context: Context) -> None:
    repository = domain.ready(context)
    for number in range(30):
        domain.pushed(context, repository, f"b{number}")
    moment = domain.later(1)
    sent = flat(together(5, lambda _: statuses.due(context, moment, 30)))
    assert len(sent) == len({status.id for status in sent}) == 30


def test_a_pull_is_one_processs_and_a_job_one_callers(context: Context) -> None:
    for number in range(8):
        domain.ready(context, "octo", f"repository-{number}")
    moment = domain.later(10_000)
    pulls = flat(together(5, lambda _: repositories.due_for_pull(context, moment, 8)))
    assert sorted(repository.name for repository in pulls) == sorted(
        f"repository-{number}" for number in range(8)
    )
    jobs = together(6, lambda _: maintenance.once_per_interval(context, "job", 60, moment))
    assert Counter(jobs) == {True: 1, False: 5}


def test_one_of_many_requests_with_the_same_key_is_worked_on(context: Context) -> None:
    account = domain.account(context)
    answers = together(
        6, lambda _: maintenance.recall_answer(context, account.id, "k", "op", fingerprint="f")
    )
    assert answers.count(None) == 1
    assert all(getattr(answer, "status", 0) in (0, 409) for answer in answers)


def test_a_log_written_by_one_and_read_by_many_is_whole(context: Context) -> None:
    build = domain.pushed(context, domain.ready(context))
    domain.claimed(context)
    lines = [f"line {number}\n".encode() for number in range(150)]

    def work(which: int) -> bytes:
        if which == 0:
            for line in lines:
                builds.append_log(context, build.id, 1, line)
            builds.finish(context, build.id, 1, domain.PASSED)
            return b"".join(lines)
        seen = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            final = domain.stored(context, build.id).is_final
            seen += builds.read_log(context, build.id, len(seen))
            if final:
                return seen
        raise AssertionError("the build did not end")

    assert set(together(4, work)) == {b"".join(lines)}


@pytest.mark.parametrize("rounds", [5])
def test_revoking_while_pushes_come_leaves_nothing_queued(context: Context, rounds: int) -> None:
    for number in range(rounds):
        repository = domain.ready(context, "octo", f"r{number}")

        def work(which: int, repository: Any = repository) -> Any:
            if which == 0:
                return repositories.revoke(context, repository.id, "withdrawn")
            delivery = f"d-{repository.id}-{which}"
            push = domain.push(f"b{which}")
            return deliveries.receive(context, repository, delivery, "push", push)

        together(4, work)
        found = builds.list_builds(context, repository.id)
        assert {build.state for build in found} <= {"cancelled"}
