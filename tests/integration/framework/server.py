"""The adapter's test app as a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.ports import free_port
from tests.support.wait import wait_until

SERVE = Path(__file__).parent / "app" / "serve.py"


class AppServer:
    """One started app; settings without their prefix, `script` another serve.py."""

    def __init__(self, directory: Path, script: Path = SERVE, **settings: Any) -> None:
        directory.mkdir(exist_ok=True)
        self.script = script
        self.log_file = directory / "server.log"
        self.port = int(settings.pop("port", 0) or free_port())
        self.settings = {"data_dir": directory / "data", "worker": "none", **settings}
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> AppServer:
        self.spawn()
        wait_until(self._answers, 30, every=0.05, what=f"the app answers\n{self.log}")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"the app did not end\n{self.log[-4000:]}") from None

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def spawn(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = {f"HOBOTNICA_{key.upper()}": str(value) for key, value in self.settings.items()}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(self.script), "--port", str(self.port), *arguments],
                env={**kept, "PYTHONUNBUFFERED": "1", "SECRET": "canary", **given, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}\n{self.log}")
        try:
            return self.client.get("/endings/plain/answer").status_code == 200
        except httpx.TransportError:
            return False


def memory_of(server: AppServer) -> int:
    """Resident bytes of all its processes together."""
    if server.process is None:
        return 0
    main = psutil.Process(server.process.pid)
    processes = [main, *main.children(recursive=True)]
    return sum(process.memory_info().rss for process in processes)
