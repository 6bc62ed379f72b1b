from __future__ import annotations

import json
import socket

import pytest

from myapp.worker.delays import LONGEST, SHORTEST, backoff
from myapp.worker.frames import pack, read
from myapp.worker.run import LARGEST_APPEND, MOST_WAITING, Run


@pytest.fixture
def line():
    ours, theirs = socket.socketpair()
    run = Run(7, 1, ours)
    yield run, theirs
    run.close()
    theirs.close()


def drained(run: Run) -> list[tuple[str, bytes]]:
    writes = []
    while (write := run.next()) is not None:
        writes.append(write)
        run.written()
    return writes


def test_adjoining_pieces_of_log_are_one_write(line):
    run, there = line
    there.sendall(pack("log", b"a") + pack("log", b"b") + pack("result", b"{}"))
    run.read()
    assert drained(run) == [("log", b"ab"), ("result", b"{}")]


def test_only_the_newest_step_is_written(line):
    run, there = line
    sent = [("step", b"fetching"), ("log", b"1"), ("step", b"checkout"), ("step", b"running")]
    there.sendall(b"".join(pack(*frame) for frame in sent))
    run.read()
    assert drained(run) == [("log", b"1"), ("step", b"running")]


def test_a_build_that_has_ended_is_at_no_step(line):
    run, there = line
    there.sendall(pack("step", b"running") + pack("log", b"1") + pack("result", b"{}"))
    run.read()
    assert drained(run) == [("log", b"1"), ("result", b"{}")]


def test_writes_are_gathered_until_the_end_comes(line):
    run, there = line
    assert run.due is None
    there.sendall(pack("log", b"1"))
    run.read()
    assert run.due == run.write_at > 0
    there.sendall(pack("result", b"{}"))
    run.read()
    assert run.due == 0.0


def test_a_write_that_failed_comes_again(line):
    run, there = line
    there.sendall(pack("log", b"a"))
    run.read()
    assert run.next() == ("log", b"a")
    run.put_off()
    there.sendall(pack("log", b"b"))
    run.read()
    assert run.delay > 0
    assert drained(run) == [("log", b"ab")]
    assert run.delay == 0


def test_too_much_that_waits_is_full(line):
    run, there = line
    body = b"x" * (100 << 10)
    for _ in range(MOST_WAITING // len(body) + 1):
        there.sendall(pack("log", body))
        run.read()
    assert run.full
    assert all(len(body) <= LARGEST_APPEND for _, body in drained(run))
    assert not run.full


def test_the_pid_is_kept_and_not_written(line):
    run, there = line
    there.sendall(pack("pid", b"4711"))
    run.read()
    assert run.pid == 4711
    assert run.next() is None


def test_an_end_is_ordered_once(line):
    run, there = line
    run.stop("cancelled", "cancelled by octo")
    run.stop("cancelled", "cancelled by another")
    run.close()
    assert json.loads(read(there)[1]) == {"state": "cancelled", "reason": "cancelled by octo"}
    assert read(there) is None


def test_the_other_sides_end_is_noticed(line):
    run, there = line
    there.close()
    run.read()
    assert run.ended


@pytest.mark.parametrize("failures", range(0, 30, 3))
def test_waits_grow_and_are_spread(failures):
    waits = [backoff(failures) for _ in range(50)]
    most = min(LONGEST, SHORTEST * 2**failures)
    assert all(most / 2 <= wait <= most for wait in waits)
    assert len(set(waits)) > 1


def test_what_github_asks_for_is_the_least():
    assert backoff(0, retry_after=3600) == 3600
