"""The machine's floor: fetch by SHA, checkout and make in a bare Python loop, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.material import GIT_ENV, Origin


@dataclass(frozen=True)
class Step:
    """Seconds from the beginning of one round to its `make` starting and ending."""

    start: float
    finish: float


def git(*arguments: str, cwd: Path) -> None:
    """One git command that must succeed."""
    subprocess.run(["git", *arguments], cwd=cwd, env=GIT_ENV, check=True, capture_output=True)


def checkout(mirror: Path, workspace: Path, sha: str) -> None:
    """A `.git` written by hand with alternates, then the tree: one git process."""
    objects = workspace / ".git" / "objects" / "info"
    objects.mkdir(parents=True)
    (workspace / ".git" / "refs").mkdir()
    (objects / "alternates").write_text(f"{mirror}/objects\n")
    (workspace / ".git" / "HEAD").write_text(sha + "\n")
    git("read-tree", "-mu", "HEAD", cwd=workspace)


def one_round(origin: Origin, mirror: Path, folder: Path, number: int) -> Step:
    """Push-to-finish without a service: the commit is there, then fetch, checkout, make."""
    sha = origin.commit(number)
    workspace = folder / f"w{number}"
    began = time.perf_counter()
    git("fetch", "-q", "--no-tags", str(origin.path), f"+{sha}:refs/ci/{number}", cwd=mirror)
    checkout(mirror, workspace, sha)
    process = subprocess.Popen(
        ["make", "test"], cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    start = time.perf_counter() - began
    process.communicate()
    if process.returncode:
        raise RuntimeError("make failed in the floor's loop")
    finish = time.perf_counter() - began
    shutil.rmtree(workspace)
    return Step(start, finish)


def measure(folder: Path, rounds: int) -> list[Step]:
    """The floor, `rounds` times, in a folder on the file system that is to be measured."""
    origin = Origin(folder / "floor-origin.git")
    mirror = folder / "floor-mirror.git"
    git("init", "-q", "--bare", os.fspath(mirror), cwd=folder)
    return [one_round(origin, mirror, folder, number) for number in range(rounds)]
