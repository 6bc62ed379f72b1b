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
    """Seconds from a push to the first command of its `make test`, and to the end."""

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


def one_round(origin: Origin, mirror: Path, workspace: Path, sha: str) -> Step:
    """The commit is there; then fetch, checkout, make."""
    began = time.time()
    git("fetch", "-q", "--no-tags", str(origin.path), f"+{sha}:refs/ci/1", cwd=mirror)
    checkout(mirror, workspace, sha)
    # Not our own environment: under `make bench` make would take itself for a part of another.
    process = subprocess.run(
        ["make", "test"], cwd=workspace, env=GIT_ENV, capture_output=True, check=True
    )
    finished = time.time()
    shutil.rmtree(workspace)
    return Step(float(process.stdout) - began, finished - began)


def measure(folder: Path, rounds: int) -> list[Step]:
    """The floor, `rounds` times, in a folder on the file system that is to be measured."""
    origin = Origin(folder / "floor-origin.git")
    mirror = folder / "floor-mirror.git"
    git("init", "-q", "--bare", os.fspath(mirror), cwd=folder)
    shas = origin.commits(rounds)
    return [one_round(origin, mirror, folder / "work", sha) for sha in shas]


def builds_per_second(folder: Path, count: int, at_once: int) -> float:
    """The same loop, `at_once` of them side by side."""
    from concurrent.futures import ThreadPoolExecutor

    origin = Origin(folder / "floor-many.git")
    shas = origin.commits(count)
    mirrors = []
    for number in range(at_once):
        mirrors.append(folder / f"floor-mirror-{number}.git")
        git("init", "-q", "--bare", os.fspath(mirrors[-1]), cwd=folder)

    def loop(number: int) -> None:
        for sha in shas[number::at_once]:
            one_round(origin, mirrors[number], folder / f"work-{number}", sha)

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(loop, range(at_once)))
    return count / (time.perf_counter() - began)
