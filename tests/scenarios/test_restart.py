"""Whatever is killed or stopped: builds go on, are done again once, or wait; nothing is left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.world import World, makefile, path_of, printing
from tests.support.git_server import GitRepository
from tests.support.wait import wait_until

# Only its first attempt takes long.
FIRST_SLOW = makefile(
    "echo attempt $$HOBOTNICA_BUILD_ATTEMPT begun",
    'if [ "$$HOBOTNICA_BUILD_ATTEMPT" = 1 ]; then sleep 62.5; fi',
)
HELD = makefile("echo begun", "while [ ! -e go ]; do sleep 0.05; done", "echo went on")


@pytest.fixture(scope="module")
def repository(world: World) -> GitRepository:
    """A repository for all tests here."""
    return world.ready()


def begun(world: World, repository: GitRepository, files: dict[str, str]) -> Any:
    """A build that runs."""
    build = world.push(repository, files)
    world.prints(build, "begun\n")
    return build


def is_again_passed(world: World, build: Any, why: str) -> Any:
    """It ends as passed in its second attempt; the log tells what happened to the first."""
    ended = world.ended(build, timeout=60)
    assert (ended["state"], ended["attempt"]) == ("passed", 2), world.log_of(build)
    log = world.log_of(build)
    assert "attempt 1 begun" in log
    assert "attempt 2 begun" in log
    assert why in log, log
    wait_until(lambda: not world.marked("sleep 62.5"), what="the first attempt is dead")
    return ended


def test_a_worker_that_is_killed(world: World, repository: GitRepository) -> None:
    build = begun(world, repository, FIRST_SLOW)
    [worker] = world.workers()
    worker.kill()
    wait_until(lambda: not world.marked("sleep 62.5"), what="its builds die with it")
    is_again_passed(world, build, "was lost")
    [successor] = world.workers()
    assert successor.pid != worker.pid


def test_a_build_whose_worker_is_always_killed_ends(
    world: World, repository: GitRepository
) -> None:
    build = begun(world, repository, makefile("echo $$HOBOTNICA_BUILD_ATTEMPT begun", "sleep 62.5"))
    [worker] = world.workers()
    worker.kill()
    world.prints(build, "2 begun", timeout=40)
    running = world.build(build["id"])
    assert (running["state"], running["attempt"]) == ("running", 2)
    [worker] = wait_until(world.workers, what="the next worker")
    worker.kill()
    ended = world.ended(build, timeout=60)
    assert ended["state"] == "errored"
    assert "was lost" in ended["reason"]
    assert "as in an earlier attempt" in ended["reason"]


def test_a_web_process_that_is_killed_touches_no_build(
    world: World, repository: GitRepository
) -> None:
    build = begun(world, repository, HELD)
    [web] = world.web_workers()
    web.kill()
    world.service.wait_until_healthy()
    [successor] = world.web_workers()
    assert successor.pid != web.pid
    assert world.build(build["id"])["state"] == "running"
    world.touch_in_build("[ ! -e go ]", "go")
    ended = world.ended(build)
    assert (ended["state"], ended["attempt"]) == ("passed", 1)
    assert "went on" in world.log_of(build)


def test_a_short_build_is_finished_before_a_stop(world: World, repository: GitRepository) -> None:
    build = begun(world, repository, makefile("echo begun", "sleep 1.5", "echo done"))
    assert world.service.stop() == 0
    wait_until(lambda: not world.service.processes(), what="nothing is left running")
    [row] = world.rows("select state, attempt from builds where id = ?", build["id"])
    assert row == ("passed", 1)
    world.start()
    assert "done" in world.log_of(build)


def test_a_long_build_is_handed_back_by_a_stop_and_done_after_the_start(
    world: World, repository: GitRepository
) -> None:
    build = begun(world, repository, FIRST_SLOW)
    waiting = world.push(repository, printing("second in the queue"), branch="other")
    world.ended(waiting)
    assert world.service.stop() == 0
    wait_until(lambda: not world.service.processes(), what="nothing is left running")
    [row] = world.rows("select state from builds where id = ?", build["id"])
    assert row == ("queued",)
    world.start()
    is_again_passed(world, build, "stopped")


def test_a_master_that_is_killed(world: World, repository: GitRepository) -> None:
    build = begun(world, repository, makefile("echo begun", "sleep 1.5", "echo done"))
    world.service.kill()
    # The web side goes at once; the worker finishes what it has and follows.
    wait_until(lambda: not world.service.processes(), 30, what="everything ends with it")
    [row] = world.rows("select state, attempt from builds where id = ?", build["id"])
    assert row == ("passed", 1)
    world.start()


def test_a_reboot(world: World, repository: GitRepository) -> None:
    build = begun(world, repository, FIRST_SLOW)
    queued = [
        world.push(repository, printing(f"number {number}"), branch=f"branch-{number}")
        for number in range(3)
    ]
    world.service.kill_all()
    world.service.start()
    is_again_passed(world, build, "was lost")
    for one in queued:
        ended = world.ended(one)
        assert ended["state"] == "passed"
        wait_until(
            lambda b=one: world.states_at_github(repository, b["sha"])[-1:] == ["success"],
            what="GitHub has the status",
        )
    assert world.shown(repository)["status"] in ("ready", "running")
    assert world.api.get(path_of(repository) + "/builds").status == 200
