"""The worker over the real store: claims, follows, cancels, drains, dies."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from myapp import builds
from tests.integration.runner.builder import wait_until

LONG = "test:\n\t@echo on; trap '' TERM INT HUP; setsid sleep 600 & sleep 600\n"


def test_a_queued_build_is_run(station):
    station.worker()
    build = station.wait_for_end(station.enqueue("test:\n\t@echo hello\n"))
    assert (build.state, build.exit_code, build.attempt) == ("passed", 0, 1)
    assert build.cpu_seconds > 0
    assert build.max_rss > 0
    assert "hello\n" in station.log(build)
    assert build.log_size == len(station.log(build))
    assert build.finished_at >= build.started_at >= build.created_at


def test_a_failing_build_is_red(station):
    station.worker()
    build = station.wait_for_end(station.enqueue("test:\n\t@exit 1\n"))
    assert (build.state, build.reason) == ("failed", "make test exited with 2")


def test_what_was_queued_before_the_worker_came_is_run(station):
    first, second = station.enqueue(), station.enqueue()
    station.worker()
    assert {station.wait_for_end(build).state for build in (first, second)} == {"passed"}


def test_only_as_many_run_as_there_are_slots(station):
    waiting = "test:\n\t@echo on; while [ ! -e $$HOME/../checkout/go ]; do sleep 0.05; done\n"
    queued = [station.enqueue(waiting, branch=f"b{n}") for n in range(3)]
    station.worker()
    for build in queued[:2]:
        station.wait_for_output(build, "on\n")
    assert station.build(queued[2]).state == "queued"
    for build in queued[:2]:
        builds.cancel(station.context, build.id, "octo", "enough")
    station.wait_for_output(queued[2], "on\n")


def test_the_log_is_there_while_the_build_runs(station):
    station.worker()
    build = station.enqueue("test:\n\t@echo early; sleep 600\n")
    station.wait_for_output(build, "early\n")
    now = station.build(build)
    assert (now.state, now.step) == ("running", "running")


def test_the_steps_and_states_are_told(station):
    listener = station.context.bus.listen("test", ("state", "log"))
    station.worker()
    build = station.enqueue()
    seen = []
    wait_until(
        lambda: seen.extend(listener.receive()) or any(m.get("state") == "passed" for m in seen)
    )
    listener.close()
    assert {message["build_id"] for message in seen} == {build.id}
    assert {message["kind"] for message in seen} == {"state", "log"}


def test_a_cancelled_build_is_dead(station):
    station.worker()
    build = station.enqueue(LONG)
    station.wait_for_output(build, "on\n")
    assert station.inhabitants()
    builds.cancel(station.context, build.id, "octo", "no need")
    ended = station.wait_for_end(build)
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by octo: no need")
    assert station.inhabitants() == []


def test_a_cancel_that_no_message_told_is_found_by_the_lease(station):
    station.worker()
    build = station.enqueue(LONG)
    station.wait_for_output(build, "on\n")
    for path in (station.settings.data_dir / "run").glob("*.sock"):
        path.unlink()
    builds.cancel(station.context, build.id, "octo", "")
    assert station.wait_for_end(build).state == "cancelled"


def test_a_worker_killed_outright_leaves_nothing_running(station):
    worker = station.worker()
    build = station.enqueue(LONG)
    station.wait_for_output(build, "on\n")
    worker.kill()
    worker.wait()
    wait_until(lambda: not station.inhabitants(), "the death of the build")
    station.worker()
    # The new worker knows that its earlier life is over: no lease has to run out.
    again = station.wait_for_state(build, "running")
    wait_until(lambda: station.build(build).attempt == 2)
    assert again.id == build.id
    station.wait_for_output(build, "was lost")


def test_a_worker_told_to_stop_finishes_what_it_has(station):
    worker = station.worker()
    first = station.enqueue("test:\n\t@echo on; sleep 1; echo done\n")
    station.wait_for_output(first, "on\n")
    worker.send_signal(signal.SIGTERM)
    second = station.enqueue(branch="other")
    assert worker.wait(60) == 0
    assert station.build(first).state == "passed"
    assert "done\n" in station.log(first)
    assert station.build(second).state == "queued"
    assert all(known.gone_at is not None for known in station.workers())


def test_a_second_signal_hands_the_build_back(station):
    worker = station.worker()
    build = station.enqueue(LONG)
    station.wait_for_output(build, "on\n")
    while worker.poll() is None:  # the first drains, the next ends it
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert worker.returncode == 0
    assert station.inhabitants() == []
    now = station.build(build)
    assert (now.state, now.attempt) == ("queued", 1)
    assert "the worker was stopped" in builds.peek(station.context, build.id).reason
    station.worker()
    wait_until(lambda: station.build(build).attempt == 2)


def test_an_idle_worker_stops_at_once(station):
    worker = station.worker()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_a_build_whose_supervising_process_is_killed_runs_again_once(station):
    station.worker()
    build = station.enqueue(LONG)
    for attempt in (1, 2):
        wait_until(lambda attempt=attempt: station.build(build).attempt == attempt)
        wait_until(station.inhabitants, "the build's processes")
        os.kill(supervisor_of(station), signal.SIGKILL)
    ended = station.wait_for_end(build)
    assert ended.state == "errored"
    assert "supervising process was killed" in ended.reason
    wait_until(lambda: not station.inhabitants())


def supervisor_of(station) -> int:
    """The process above the build's topmost one."""
    from myapp.runner import tree

    def found() -> int | None:
        parents = dict(tree.processes())
        inside = set(station.inhabitants())
        tops = [parents.get(pid) for pid in inside if parents.get(pid) not in inside]
        known = [pid for pid in tops if pid is not None and b"myapp" in cmdline(pid)]
        return known[0] if known else None

    wait_until(lambda: found() is not None, "a supervising process")
    return found()


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_worker_that_lost_its_lease_kills_its_build_and_writes_nothing_more(station):
    station.worker()
    build = station.enqueue("test:\n\t@while :; do echo tick; sleep 0.05; done\n")
    station.wait_for_output(build, "tick\n")
    with sqlite3.connect(station.settings.data_dir / "hobotnica.sqlite3") as database:
        database.execute(
            "UPDATE builds SET attempt = attempt + 1, worker = 'another' WHERE id = ?", (build.id,)
        )
    wait_until(lambda: not station.inhabitants(), "the death of the build")
    size = station.build(build).log_size
    now = station.build(build)
    assert (now.state, now.worker, now.log_size) == ("running", "another", size)
    # The slot is free again.
    assert station.wait_for_end(station.enqueue(branch="other")).state == "passed"


def test_a_database_that_is_away_for_a_while_loses_nothing(station):
    station.worker()
    build = station.enqueue("test:\n\t@echo on; sleep 0.5; seq 1 50000\n")
    station.wait_for_output(build, "on\n")
    lock = sqlite3.connect(station.settings.data_dir / "hobotnica.sqlite3", timeout=30)
    lock.isolation_level = None
    lock.execute("BEGIN IMMEDIATE")
    time.sleep(7)  # longer than the database's own patience of five seconds
    lock.execute("ROLLBACK")
    lock.close()
    assert station.wait_for_end(build).state == "passed"
    output = station.log(build).partition("on\n")[2].partition("==>")[0]
    assert output.split() == [str(number) for number in range(1, 50001)]


def test_workspaces_of_an_earlier_life_are_swept(station):
    left = station.settings.data_dir / "workspaces" / "999-1"
    (left / "home").mkdir(parents=True)
    station.worker()
    assert not left.exists()


def test_two_workers_of_one_machine_have_two_names(station):
    station.worker()
    station.worker()
    assert len({worker.name for worker in station.workers()}) == 2
    queued = [station.enqueue(branch=f"b{n}") for n in range(6)]
    assert {station.wait_for_end(build).state for build in queued} == {"passed"}


def test_secrets_of_the_repository_are_masked_and_given(station):
    from myapp import repositories

    scope = repositories.repository_scope(station.repository.id)
    repositories.set_variable(
        station.context, scope, "KEY", "s3cr3t-canary", secret=True, jobs=("test",), by="octo"
    )
    station.worker()
    build = station.wait_for_end(station.enqueue('test:\n\t@echo "<$$KEY>" tok_canary1\n'))
    assert "<***> ***\n" in station.log(build)
    found = subprocess.run(
        ["grep", "-rlsa", "s3cr3t-canary", station.settings.data_dir],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def test_an_unusable_sandbox_ends_the_worker_with_one_line(station, tmp_path):
    for name in ("bwrap", "unshare"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    given = {
        "HOBOTNICA_DATA_DIR": str(station.settings.data_dir),
        "HOBOTNICA_SANDBOX": "require",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    process = station.start([sys.executable, "-m", "myapp", "worker"], given)
    assert process.wait(60) == 1
    assert "HOBOTNICA_SANDBOX=require" in station.log_file.read_text()


def test_a_supervising_process_that_does_not_obey_is_killed(station):
    station.worker()
    build = station.enqueue(LONG)
    station.wait_for_output(build, "on\n")
    os.kill(supervisor_of(station), signal.SIGSTOP)
    builds.cancel(station.context, build.id, "octo", "")
    wait_until(lambda: not station.inhabitants(), "the death of the build")
    assert station.wait_for_end(build).state == "cancelled"
