"""The token's way to git, read by other processes."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from myapp.git import credentials, fifo_credentials
from tests.integration.runner.builder import wait_until

TOKEN = "ghp_canary4711"
ANSWER = f"username=x-access-token\npassword={TOKEN}\n"


def ask(helper: str, operation: str) -> str:
    """Call a credential helper as git does (a shell line with the operation behind it)."""
    done = subprocess.run(
        ["sh", "-c", f'{helper.removeprefix("!")} "$@"', "sh", operation],
        input="protocol=https\nhost=x\n\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_the_fifo_serves_the_token_once(directory):
    with fifo_credentials(TOKEN, directory) as given:
        assert ask(given.helper, "get") == ANSWER
        wait_until(lambda: not any(directory.iterdir()), "the end of the FIFO")
        assert ask(given.helper, "get") == ""


def test_only_get_is_answered(directory):
    with fifo_credentials(TOKEN, directory) as given:
        assert ask(given.helper, "erase") == ""
        assert ask(given.helper, "store") == ""
        assert ask(given.helper, "get") == ANSWER


def test_only_its_owner_can_read_the_fifo(directory):
    with fifo_credentials(TOKEN, directory) as given:
        assert stat.S_ISFIFO(given.path.stat().st_mode)
        assert stat.S_IMODE(given.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(given.path.parent.stat().st_mode) == 0o700
        assert TOKEN not in repr(given)


def test_a_fifo_that_nobody_reads_goes_away_when_it_is_closed(directory):
    before = threading.active_count()
    given = fifo_credentials(TOKEN, directory)
    assert threading.active_count() == before + 1
    given.close()
    given.close()
    assert not any(directory.iterdir())
    assert threading.active_count() == before


def test_a_fifo_that_nobody_reads_goes_away_by_itself(directory):
    given = fifo_credentials(TOKEN, directory, lifetime=0.1)
    wait_until(lambda: not any(directory.iterdir()), "the end of the FIFO")
    given.close()


def test_a_reader_that_dies_does_not_hurt(directory):
    given = fifo_credentials(TOKEN, directory)
    fd = os.open(given.path, os.O_RDONLY | os.O_NONBLOCK)
    os.close(fd)
    given.close()
    assert not any(directory.iterdir())


def test_the_memfd_can_be_read_again_and_again():
    with credentials.memfd(TOKEN) as fd:
        path = f"/proc/self/fd/{fd}"
        for _ in range(2):
            done = subprocess.run(
                ["cat", path], pass_fds=(fd,), capture_output=True, text=True, check=False
            )
            assert done.stdout == ANSWER
        assert ask(credentials.helper(f"/proc/{os.getpid()}/fd/{fd}"), "get") == ANSWER


def test_a_path_with_odd_letters_is_quoted(tmp_path):
    directory = tmp_path / "it's a $(place)"
    with fifo_credentials(TOKEN, directory) as given:
        assert ask(given.helper, "get") == ANSWER
