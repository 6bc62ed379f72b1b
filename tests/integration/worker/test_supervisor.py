"""The process that keeps the worker alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.runner.builder import wait_until

PROJECT = Path(__file__).parents[3]
# Instead of the worker: notes its pid and ends as it is told.
WAIT = "while :; do sleep 0.02; done"
CODE = """
import sys
from myapp.worker.supervisor import Supervisor
import myapp.worker.supervisor as module
module.SHORTEST_PAUSE = module.LONGEST_PAUSE = 0.05
sys.exit(Supervisor(("sh", "-c", sys.argv[1])).run())
"""


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(script: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, f"echo $$ >> {tmp_path}/pids; {script}"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
    wait_until(lambda: not any(alive(pid) for pid in pids(tmp_path)), "the death of the workers")


def pids(directory: Path) -> list[int]:
    path = directory / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_dies_is_started_again(start, tmp_path):
    process = start("exec sleep 600")
    for count in (1, 2, 3):
        wait_until(lambda count=count: len(pids(tmp_path)) == count)
        os.kill(pids(tmp_path)[-1], signal.SIGKILL)
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def test_sigterm_is_passed_on_and_waited_for(start, tmp_path):
    process = start(f"trap 'sleep 0.2; touch {tmp_path}/drained; exit 0' TERM; {WAIT}")
    wait_until(lambda: pids(tmp_path))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert (tmp_path / "drained").exists()
    assert len(pids(tmp_path)) == 1


def test_the_end_of_stdin_is_the_end(start, tmp_path):
    process = start(f"trap 'touch {tmp_path}/drained; exit 0' TERM; {WAIT}")
    wait_until(lambda: pids(tmp_path))
    process.stdin.close()
    assert process.wait(30) == 0
    assert (tmp_path / "drained").exists()
    process.stdin = None


def test_a_worker_whose_supervisor_is_killed_is_told_to_stop(start, tmp_path):
    process = start(f"trap 'touch {tmp_path}/drained; exit 0' TERM; {WAIT}")
    wait_until(lambda: pids(tmp_path))
    process.kill()
    wait_until((tmp_path / "drained").exists)


def test_a_stop_during_the_pause_is_obeyed(start, tmp_path):
    process = start("exit 3")
    wait_until(lambda: len(pids(tmp_path)) >= 2)
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def test_the_supervisor_is_light():
    code = "import sys, myapp.worker.supervisor; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    heavy = {"sqlalchemy", "urllib3", "ssl", "asyncio", "myapp.context", "cryptography", "click"}
    assert not heavy & set(done.stdout.split())
