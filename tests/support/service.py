"""The whole service, started by serve.py, with a data directory of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psutil
import urllib3

from tests.support.api_client import Api
from tests.support.npm import PROJECT
from tests.support.ports import free_port, is_listening
from tests.support.wait import wait_until

START_SECONDS = 60.0
STOP_SECONDS = 30.0
MARK = "HOBOTNICA_TEST_RUN"


class Service:
    """One service; settings are given without their prefix, as in `github_url="https://..."`.

    `with Service(directory, github_api_url=...) as service:` starts it, stops it, and fails when
    a process of it is left.
    """

    def __init__(self, directory: Path, *, login: str = "", token: str = "", **settings: Any):
        self.data_dir = directory / "data"
        self.log_file = directory / "service.log"
        self.port = int(settings.pop("port", 0) or free_port())
        self.settings = {"data_dir": self.data_dir, "port": self.port, **settings}
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = Api(self.url)
        if login:
            self.api = self.api.with_token(login, token)
        self.process: subprocess.Popen[bytes] | None = None
        self._anonymous = Api(self.url)
        self._health = "not asked"
        self._sessions: set[int] = set()
        self._mark = uuid.uuid4().hex

    def __enter__(self) -> Service:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        left = self.end()
        if left:
            raise AssertionError(f"left behind by the service: {left}\n{self.told}")

    @property
    def log(self) -> str:
        """Everything the service wrote so far, over all its starts."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def told(self) -> str:
        """The end of the log, without the health checks that fill it."""
        lines = [line for line in self.log.splitlines() if "GET /api/health" not in line]
        return "\n".join(lines)[-8000:]

    @property
    def environment(self) -> dict[str, str]:
        """What the service is started with."""
        given = {
            f"HOBOTNICA_{name.upper()}": str(value)
            for name, value in self.settings.items()
            if value is not None
        }
        # The build's tools (make, git, shells) come from PATH; nothing else of ours is passed on.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, "PYTHONUNBUFFERED": "1", MARK: self._mark, **given}

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start serve.py without waiting for anything, as for tests of what refuses to start."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(PROJECT / "serve.py"), *arguments],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._sessions.add(process.pid)
        return process

    def start(self, *arguments: str) -> None:
        """Start it and wait until its health check is well."""
        self.process = self.spawn(*arguments)
        self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        """Wait for 200 from /api/health; an error with the service's log if it does not come."""
        try:
            wait_until(self._is_healthy, START_SECONDS, every=0.05, what="the service is healthy")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._health}\n--- its log:\n{self.told}") from None

    def stop(self) -> int:
        """End it as an operator does (SIGTERM); the exit code."""
        return self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the main process only, as when the machine's memory is short."""
        self._signal(signal.SIGKILL)

    def kill_all(self) -> None:
        """SIGKILL to every process of it at once, as when the machine goes down."""
        wait_until(self._kill_once, what="all its processes are dead")
        if self.process is not None:
            self.process.wait(STOP_SECONDS)

    def restart(self) -> None:
        """Stop and start on the same data and port."""
        self.stop()
        wait_until(lambda: not is_listening(self.port), what="the port is free again")
        self.start()

    def processes(self) -> list[psutil.Process]:
        """Every living process that belongs to it, daemons of its builds included."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() != psutil.STATUS_ZOMBIE and self._is_ours(process):
                    found.append(process)
        return found

    def end(self) -> list[str]:
        """Stop it if it runs; the command lines of what was left, which is killed."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.processes(), 10, what="all its processes have ended")
        left = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                left.append(" ".join(process.cmdline()) or process.name())
                process.kill()
        self.api.close()
        self._anonymous.close()
        return left

    def _kill_once(self) -> bool:
        """Some may be starting others just now: until none is found."""
        found = self.processes()
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return not found

    def _is_healthy(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"serve.py ended with {self.process.returncode}")
        try:
            answer = self._anonymous.get("/api/health")
        except urllib3.exceptions.HTTPError as error:
            self._health = f"no answer: {error}"
            return False
        self._health = f"health: {answer.status} {answer.text}"
        return answer.status == 200

    def _signal(self, number: signal.Signals) -> int:
        if self.process is None:
            raise AssertionError("the service was not started")
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"not ended {STOP_SECONDS} s after {number.name}\n{self.told}"
            ) from None

    def _is_ours(self, process: psutil.Process) -> bool:
        # The web processes overwrite their environment with their title; their session stays.
        if os.getsid(process.pid) in self._sessions:
            return True
        # Builds have an environment of their own, but they live below the data directory.
        return process.environ().get(MARK) == self._mark or Path(process.cwd()).is_relative_to(
            self.data_dir
        )
