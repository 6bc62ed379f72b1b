"""One more commit on the sample repository, by a real `git push` over HTTP."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

from myapp.demo import repository, sample
from myapp.demo.repository import GitFailed
from myapp.demo.world import FULL_NAME, LOGIN, TOKEN, World

PUSH_SECONDS = 30
_BUSY = threading.Lock()


def push_a_commit(world: World, workshop: Path, message: str = "") -> str:
    """Commit in the clone at `workshop` (made when missing), push, and give the SHA."""
    with _BUSY:
        if not workshop.exists():
            repository.create(workshop)
        _git(workshop, world, "fetch", "--quiet", "--", _url(world), "+main:refs/heads/main")
        number = int(repository.git(workshop, "rev-list", "--count", "refs/heads/main"))
        sha = repository.commit(
            workshop,
            sample.next_files(number),
            message=message or f"Count to {number}",
            when=int(time.time()),
        )
        _git(workshop, world, "push", "--quiet", "--", _url(world), "main:main")
        return sha


def _url(world: World) -> str:
    return f"{world.address}/{FULL_NAME}.git"


def _git(directory: Path, world: World, *arguments: str) -> None:
    """Run git with the token in a file that exists only in memory, never in argv or environ."""
    descriptor = os.memfd_create("credentials")
    try:
        os.write(descriptor, f"username={LOGIN}\npassword={TOKEN}\n".encode())
        helper = f'!f() {{ test "$1" = get && cat /proc/self/fd/{descriptor}; }}; f'
        settings = ["-c", "credential.helper=", "-c", f"credential.{world.address}.helper={helper}"]
        done = subprocess.run(
            ["git", "-C", str(directory), *settings, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=repository.environment(),
            pass_fds=(descriptor,),
            timeout=PUSH_SECONDS,
            check=False,
        )
    finally:
        os.close(descriptor)
    if done.returncode:
        raise GitFailed(done.stderr.decode("utf-8", "replace").strip()[-300:])
