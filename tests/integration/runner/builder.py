"""Real builds for the tests: a repository, a mirror, the nursery, one sandbox level."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from myapp.runner import tree
from myapp.runner.detect import detect
from myapp.runner.model import Job, Result
from myapp.worker.frames import Frames, pack
from myapp.worker.nursery import Nursery

PATIENCE = 60.0  # seconds until a test gives up waiting; no test depends on how long it took
QUIET = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=os.environ | QUIET,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass
class Outcome:
    result: Result
    log: bytes
    steps: list[str]
    frames: list[tuple[str, bytes]] = field(repr=False)

    @property
    def text(self) -> str:
        return self.log.decode("utf-8", "replace")

    @property
    def output(self) -> str:
        """What make printed, without the runner's own lines."""
        return self.text.partition("$ make test\n")[2].rpartition("==> ")[0]


class Running:
    """A build that runs: read its frames, wait for a text, stop it."""

    def __init__(self, job: Job, connection: socket.socket) -> None:
        self.job = job
        self.connection = connection
        self.frames: list[tuple[str, bytes]] = []
        self._parser = Frames()
        self.ended = False

    @property
    def pid(self) -> int:
        return next(int(body) for kind, body in self.frames if kind == "pid")

    @property
    def log(self) -> bytes:
        return b"".join(body for kind, body in self.frames if kind == "log")

    def read(self) -> None:
        """Wait for the next bytes."""
        ready = select.select([self.connection], [], [], PATIENCE)[0]
        if not ready:
            raise TimeoutError(f"nothing came; so far: {self.log[-500:]!r}")
        try:
            data = self.connection.recv(1 << 20)
        except ConnectionError:
            data = b""
        self.ended = not data
        self.frames += self._parser.feed(data)

    def until(self, text: bytes) -> Running:
        while text not in self.log:
            self.read()
            if self.ended:
                raise AssertionError(f"ended before {text!r}: {self.log!r} {self.frames[-1:]}")
        return self

    def stop(self, state: str = "cancelled", reason: str = "cancelled by octo") -> None:
        order = json.dumps({"state": state, "reason": reason}).encode()
        self.connection.sendall(pack("stop", order))

    def outcome(self) -> Outcome:
        while not self.ended:
            self.read()
        steps = [body.decode() for kind, body in self.frames if kind == "step"]
        results = [body for kind, body in self.frames if kind == "result"]
        if not results:
            raise AssertionError(f"no result: {self.log!r}")
        return Outcome(Result.from_wire(results[-1]), self.log, steps, self.frames)

    def inhabitants(self) -> list[int]:
        """Every living process of the build (its home is the workspace's)."""
        return inhabitants(self.job.workspace)


def inhabitants(workspace: Path) -> list[int]:
    marker = f"\0HOME={workspace}/home\0".encode()
    found = []
    for pid, _ in tree.processes():
        try:
            if marker in b"\0" + Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def wait_until(condition: Any, what: str = "it") -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen")
        time.sleep(0.01)


class Builder:
    """`run(makefile)` commits it and builds that commit."""

    def __init__(self, level: str) -> None:
        # Not pytest's tmp_path: as root, a build's own user must be able to get there.
        self.place = Path(tempfile.mkdtemp(prefix="hobotnica-test-"))
        self.place.chmod(0o755)
        self.data = self.place / "data"
        self.data.mkdir(mode=0o700)
        self.origin = self.place / "origin"
        self.origin.mkdir()
        git(self.origin, "init", "-q", "-b", "main")
        self._builds = 0
        try:
            self.sandbox = detect(level, self.data)
            self.nursery = Nursery.start()
        except BaseException:
            shutil.rmtree(self.place)
            raise

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.nursery.close()
        shutil.rmtree(self.place, ignore_errors=True)

    @property
    def mirror(self) -> Path:
        return self.data / "mirrors" / "1.git"

    def commit(self, files: dict[str, str | bytes], *, keep: bool = False) -> str:
        if not keep:
            git(self.origin, "rm", "-rqf", "--ignore-unmatch", ".")
        for name, content in files.items():
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(self.origin, "add", "-A", "-f")
        git(self.origin, "commit", "-q", "--allow-empty", "-m", f"commit {self._builds}")
        return git(self.origin, "rev-parse", "HEAD")

    def job(self, sha: str, **changes: Any) -> Job:
        self._builds += 1
        values: dict[str, Any] = {
            "build_id": self._builds,
            "attempt": 1,
            "repository_id": 1,
            "owner": "octo",
            "name": "hello",
            "url": str(self.origin),
            "mirror": self.mirror,
            "workspace": self.sandbox.workspaces / f"{self._builds}-1",
            "sha": sha,
            "target": "test",
            "sandbox": self.sandbox,
            "timeout": 120.0,
            "idle_timeout": 120.0,
            "fetch_timeout": 60.0,
        }
        return Job(**(values | changes))

    def start(self, files: str | dict[str, str | bytes], **changes: Any) -> Running:
        tree_of_files = {"Makefile": files} if isinstance(files, str) else files
        job = self.job(self.commit(tree_of_files), **changes)
        return Running(job, self.nursery.begin(job))

    def run(self, files: str | dict[str, str | bytes], **changes: Any) -> Outcome:
        return self.start(files, **changes).outcome()
