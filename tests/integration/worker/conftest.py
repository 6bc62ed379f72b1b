"""A worker process over a real database, and a mirror that has every commit it is asked for."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from myapp import accounts, builds, repositories
from myapp.builds import Build
from myapp.context import Context
from myapp.git import Remote
from myapp.git import mirror as mirrors
from myapp.github.model import RepositoryFacts, Viewer
from myapp.settings import Settings
from tests.integration.runner.builder import git, inhabitants, wait_until

PROJECT = Path(__file__).parents[3]
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing answers, so nothing may be asked


class Station:
    """`enqueue(makefile)`, `worker()`, and what became of it."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="hobotnica-test-"))
        self.place.chmod(0o755)
        self.settings = Settings.read(
            {
                "HOBOTNICA_DATA_DIR": str(self.place / "data"),
                "HOBOTNICA_GITHUB_URL": NOBODY,
                "HOBOTNICA_GITHUB_API_URL": NOBODY,
                "HOBOTNICA_SLOTS": "2",
            }
        )
        self.context = Context.open(self.settings)
        self.context.database.migrate()
        self.origin = self.place / "origin"
        self.origin.mkdir()
        git(self.origin, "init", "-q", "-b", "main")
        sha = self.commit("test:\n")
        viewer = Viewer("U_1", "octo", "Octo", "https://github.com/octo")
        self.account = accounts.remember(self.context, viewer)
        facts = RepositoryFacts(
            node_id="R_1",
            owner="octo",
            name="hello",
            private=True,
            archived=False,
            empty=False,
            permission="ADMIN",
            default_branch="main",
            default_branch_sha=sha,
            head_message="c",
            head_author="A",
            html_url="https://github.com/octo/hello",
            description="",
        )
        self.repository = repositories.register(self.context, self.account, facts, "tok_canary1")
        self.mirror = repositories.mirror_path(self.settings, self.repository.id)
        self.remote = Remote(str(self.origin))
        mirrors.create(self.remote, self.mirror, timeout=60, limit=1 << 30)
        ready = repositories.mark_ready(self.context, self.repository.id)
        if ready is None:
            raise AssertionError("the repository is gone")
        self.repository = ready
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log_file = self.place / "worker.log"

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.context.close()
        wait_until(lambda: not self.inhabitants(), "the death of the builds")
        shutil.rmtree(self.place, ignore_errors=True)

    def commit(self, makefile: str) -> str:
        (self.origin / "Makefile").write_text(makefile)
        git(self.origin, "add", "-A")
        git(self.origin, "commit", "-q", "--allow-empty", "-m", "c")
        return git(self.origin, "rev-parse", "HEAD")

    def enqueue(self, makefile: str = "test:\n\t@echo ok\n", branch: str = "main") -> Build:
        sha = self.commit(makefile)
        mirrors.fetch_heads(self.remote, self.mirror, timeout=60, limit=1 << 30)
        return builds.enqueue(
            self.context,
            self.repository,
            event="manual",
            branch=branch,
            ref=f"refs/heads/{branch}",
            sha=sha,
            message="c",
            author="A",
            creator="octo",
        )

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it has said that it is there."""
        given = {
            "HOBOTNICA_DATA_DIR": str(self.settings.data_dir),
            "HOBOTNICA_GITHUB_URL": NOBODY,
            "HOBOTNICA_GITHUB_API_URL": NOBODY,
            "HOBOTNICA_SLOTS": "2",
            "HOBOTNICA_ADMINS": "canary-of-the-service",
            **settings,
        }
        process = self.start([sys.executable, "-m", "myapp", "worker"], given)
        wait_until(lambda: self.is_announced(process.pid), "the worker's announcement")
        return process

    def start(self, command: list[str], given: dict[str, str], **options: Any) -> Any:
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=os.environ | given,
                stdin=options.get("stdin", subprocess.DEVNULL),
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def is_announced(self, pid: int) -> bool:
        return pid in {worker.pid for worker in self.workers() if worker.gone_at is None}

    def workers(self) -> list[Any]:
        from myapp.builds.workers import list_workers

        return list_workers(self.context)

    def build(self, build: Build) -> Build:
        found = builds.peek(self.context, build.id)
        if found is None:
            raise AssertionError("the build is gone")
        return found

    def log(self, build: Build) -> str:
        return builds.read_log(self.context, build.id, 0, 1 << 26).decode()

    def wait_for_state(self, build: Build, *states: str) -> Build:
        def reached() -> bool:
            return self.build(build).state in states

        try:
            wait_until(reached, f"one of {states}")
        except TimeoutError:
            raise AssertionError(
                f"{self.build(build)}\n{self.log(build)}\n{self.log_file.read_text()[-4000:]}"
            ) from None
        return self.build(build)

    def wait_for_end(self, build: Build) -> Build:
        return self.wait_for_state(
            build, "passed", "failed", "errored", "cancelled", "timed_out", "superseded"
        )

    def wait_for_output(self, build: Build, text: str) -> None:
        wait_until(lambda: text in self.log(build), f"{text!r} in the log")

    def inhabitants(self) -> list[int]:
        """Every living process of any build of this station."""
        marker = f"\0HOME={self.settings.data_dir}/workspaces/".encode()
        from myapp.runner import tree

        found = []
        for pid, _ in tree.processes():
            try:
                if marker in b"\0" + Path(f"/proc/{pid}/environ").read_bytes():
                    found.append(pid)
            except OSError:
                continue
        return found


@pytest.fixture
def station() -> Iterator[Station]:
    logging.getLogger("hobotnica").setLevel(logging.INFO)
    found = Station()
    try:
        yield found
    finally:
        found.close()


__all__ = ["Station", "inhabitants"]
