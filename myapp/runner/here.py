"""Run this directory's `make test` as a build would: the same limits, environment and sandbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from myapp.git import GitError
from myapp.git.command import environment
from myapp.runner import tree
from myapp.runner.build import run_build
from myapp.runner.detect import detect
from myapp.runner.model import Job, Result
from myapp.settings import Settings


def run_here(directory: Path, target: str, settings: Settings) -> Result:
    """Build the checkout's HEAD (what is not committed is not seen); output goes to stdout.

    Raises GitError if the directory is no checkout, SettingsError if the sandbox must not be.
    The caller becomes a subreaper: all of its descendants are killed at the end.
    """
    root = Path(_git(directory, "rev-parse", "--show-toplevel"))
    sha = _git(directory, "rev-parse", "--verify", "HEAD^{commit}")
    common = Path(_git(directory, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    tree.become_subreaper()
    place = Path(tempfile.mkdtemp(prefix="hobotnica-"))
    try:
        place.chmod(0o711)
        confinement = detect(settings.sandbox, place)
        mirror = place / "mirrors" / "1.git"
        job = Job(
            build_id=1,
            attempt=1,
            repository_id=1,
            owner="here",
            name=root.name,
            url=str(common),
            mirror=mirror,
            workspace=confinement.workspaces / "1-1",
            sha=sha,
            target=target,
            sandbox=confinement,
            timeout=settings.build_timeout,
            idle_timeout=settings.idle_timeout,
            fetch_timeout=settings.clone_timeout,
            log_limit=settings.log_limit,
            repository_limit=settings.repository_limit,
        )
        return run_build(job, _show)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _show(kind: str, data: bytes) -> None:
    if kind == "log":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise GitError("unknown", f"{directory} is not a git checkout with a commit")
    return done.stdout.rstrip("\n")
