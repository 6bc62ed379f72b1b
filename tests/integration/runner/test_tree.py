"""Whatever a build starts is dead when the build is over, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from myapp.runner import tree
from tests.integration.runner.builder import Builder, inhabitants, wait_until

# Four daemons that left the session, ignore every polite signal and hold the output open.
DAEMONS = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
    signal.signal(number, signal.SIG_IGN)
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            time.sleep(0.05)
print("daemons", flush=True)
"""
SHELL_DAEMONS = (
    "for n in 1 2 3 4; do (trap '' TERM HUP INT; setsid sh -c 'sleep 987 & sleep 986' &) ; done"
)


def test_daemons_die_with_a_passing_build(builder):
    running = builder.start(f"test:\n\t@{SHELL_DAEMONS}; sleep 0.2; echo ok\n")
    outcome = running.outcome()
    assert outcome.result.state == "passed"
    assert "ok\n" in outcome.text
    assert running.inhabitants() == []


def test_daemons_die_with_a_cancelled_build(builder):
    running = builder.start(f"test:\n\t@{SHELL_DAEMONS}; sleep 0.2; echo on; sleep 600\n")
    running.until(b"on\n").stop()
    assert running.outcome().result.state == "cancelled"
    assert running.inhabitants() == []


def test_python_daemons_die_with_a_build_that_ran_too_long(builder):
    files = {"Makefile": "test:\n\t@/usr/bin/python3 d.py; sleep 600\n", "d.py": DAEMONS}
    running = builder.start(files, timeout=3.0)
    assert running.outcome().result.state == "timed_out"
    assert running.inhabitants() == []


def test_a_flood_of_processes_dies(builder):
    flood = "i=0; while [ $$i -lt 150 ]; do setsid sh -c 'sleep 600; :' & i=$$((i+1)); done"
    running = builder.start(f"test:\n\t@{flood}; echo on; wait\n")
    running.until(b"on\n").stop()
    assert running.outcome().result.state == "cancelled"
    assert running.inhabitants() == []


def test_a_stopped_build_dies(builder):
    running = builder.start("test:\n\t@echo on; kill -STOP $$$$\n")
    running.until(b"on\n").stop()
    assert running.outcome().result.state == "cancelled"
    assert running.inhabitants() == []


def test_killing_the_supervising_process_kills_the_build(builder):
    running = builder.start(f"test:\n\t@{SHELL_DAEMONS}; sleep 0.2; echo on; sleep 600\n")
    running.until(b"on\n")
    assert running.inhabitants()
    os.kill(running.pid, signal.SIGKILL)
    with pytest.raises(AssertionError, match="no result"):
        running.outcome()
    wait_until(lambda: not running.inhabitants(), "the death of the orphans")


def test_the_nursery_goes_on_after_a_supervising_process_was_killed(best):
    running = best.start("test:\n\t@echo on; sleep 600\n")
    os.kill(running.until(b"on\n").pid, signal.SIGKILL)
    assert best.run("test:\n\t@echo ok\n").result.state == "passed"


def test_a_supervising_process_that_is_told_to_stop_says_so(best):
    running = best.start("test:\n\t@echo on; sleep 600\n")
    os.kill(running.until(b"on\n").pid, signal.SIGTERM)
    outcome = running.outcome()
    assert (outcome.result.state, outcome.result.reason) == (
        "interrupted",
        "the worker was stopped",
    )
    assert running.inhabitants() == []


def test_the_end_of_the_worker_is_the_end_of_its_builds(builder):
    running = builder.start(f"test:\n\t@{SHELL_DAEMONS}; sleep 0.2; echo on; sleep 600\n")
    running.until(b"on\n").connection.close()
    wait_until(lambda: not running.inhabitants(), "the death of the build")


HOST = """
import sys
from tests.integration.runner.builder import Builder
with Builder(sys.argv[1]) as builder:
    running = builder.start("test:\\n\\t@sleep 600 & setsid sleep 601 & echo on; sleep 602\\n")
    running.until(b"on\\n")
    print(builder.place, running.job.workspace, flush=True)
    sys.stdin.read()
"""


def test_nothing_survives_when_the_worker_is_killed_outright(builder: Builder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, builder.sandbox.level],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    with process:
        place, workspace = map(Path, process.stdout.readline().split())
        assert inhabitants(workspace)
        process.kill()
    wait_until(lambda: not inhabitants(workspace), "the death of the build")
    wait_until(lambda: not any(p.name[0].isdigit() for p in (workspace.parent).iterdir()))
    subprocess.run(["rm", "-rf", place], check=True)


def test_the_process_that_waits_for_a_build_may_be_killed(best):
    def children() -> set[int]:
        return {pid for pid, parent in tree.processes() if parent == best.nursery.pid}

    killed = children()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    # A build handed to one that has just died would be begun again by the worker.
    wait_until(lambda: not killed & children())
    assert best.run("test:\n\t@echo ok\n").result.state == "passed"
