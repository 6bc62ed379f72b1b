"""A disk without room: the build says so, and nothing is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from myapp.git import GitError, Remote
from myapp.git import mirror as mirrors
from tests.integration.runner.builder import Builder, wait_until


@pytest.fixture
def small(best: Builder, tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "small", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root can make a small file system here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_checkout_without_room_is_errored(best, small):
    workspace = small / "workspaces" / "1-1"
    files = {"Makefile": "test:\n", "big": os.urandom(3 << 20)}
    outcome = best.run(files, workspace=workspace)
    assert (outcome.result.state, outcome.result.reason) == ("errored", "The disk is full")
    wait_until(lambda: not workspace.exists())


def test_a_mirror_without_room_is_errored_and_removed(best, small):
    best.commit({"big": os.urandom(3 << 20)})
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(str(best.origin)), small / "m" / "1.git", timeout=60, limit=1 << 30)
    assert caught.value.kind == "disk"
    assert list((small / "m").iterdir()) == []


def test_a_build_that_fills_the_disk_fails_by_itself(best, small):
    if best.sandbox.level != "bwrap":
        pytest.skip("a build's own user may not get to the place of this test")
    workspace = small / "workspaces" / "1-1"
    outcome = best.run('test:\n\thead -c 9000000 /dev/zero > "$$HOME/x"\n', workspace=workspace)
    assert outcome.result.state == "failed"
    assert "No space left" in outcome.output


def test_a_repository_over_the_limit_is_errored(best):
    outcome = best.run(
        {
            "Makefile": "test:\n",
            "big": os.urandom(3 << 20),
            **{f"f{n}": str(n) for n in range(120)},
        },
        repository_limit=1 << 20,
    )
    assert outcome.result.state == "errored"
    assert outcome.result.reason == "The repository is larger than this installation allows"
