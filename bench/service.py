"""The whole service under measurement: serve.py with a repository that is ready to be pushed to."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from bench.material import Origin
from myapp import accounts, builds, repositories
from myapp.builds import Build
from myapp.context import Context
from myapp.git import Remote
from myapp.git import mirror as git_mirror
from myapp.github.model import RepositoryFacts, Viewer
from myapp.github.webhooks import sign
from myapp.settings import Settings

ROOT = Path(__file__).parents[1]
OWNER, NAME, TOKEN = "bench", "origin", "bench-token"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """serve.py on a free port, data and origin below `folder`; nobody answers as GitHub."""

    def __init__(self, folder: Path, *, slots: int = 2, worker: bool = True) -> None:
        self.port = free_port()
        self.environ = {
            "HOBOTNICA_DATA_DIR": str(folder / "data"),
            "HOBOTNICA_PORT": str(self.port),
            "HOBOTNICA_GITHUB_URL": f"file://{folder}/origins",
            "HOBOTNICA_GITHUB_API_URL": f"http://127.0.0.1:{free_port()}",
            "HOBOTNICA_SLOTS": str(slots),
            "HOBOTNICA_WORKER": "local" if worker else "none",
            "HOBOTNICA_PULL_INTERVAL": "86400",
            "HOBOTNICA_ACCESS_CHECK_INTERVAL": "604800",
            "HOBOTNICA_ADMINS": OWNER,
        }
        self.context = Context.open(Settings.read(self.environ))
        self.context.database.migrate()
        self.origin = Origin(folder / "origins" / OWNER / f"{NAME}.git")
        self.origin.commits(1, first=1_000_000)
        self.repository, self.secret, self.api_token = self._register()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = (folder / "service.log").open("wb")

    def _register(self) -> tuple[repositories.Repository, str, str]:
        context = self.context
        viewer = Viewer("U_bench", OWNER, "Bench", "http://localhost/bench")
        account = accounts.remember(context, viewer)
        facts = RepositoryFacts(
            "R_bench", OWNER, NAME, False, False, False, "ADMIN", "main", "", "", "", "", ""
        )
        repository = repositories.register(context, account, facts, TOKEN)
        mirror = repositories.mirror_path(context.settings, repository.id)
        remote = Remote(f"{context.settings.github_url}/{OWNER}/{NAME}.git")
        git_mirror.create(remote, mirror, timeout=60, limit=1 << 30)
        ready = repositories.mark_ready(context, repository.id, heads=git_mirror.heads(mirror))
        if ready is None:
            raise RuntimeError("the benchmark's repository did not become ready")
        secret = repositories.webhook_secret(context, repository.id)
        return ready, secret, accounts.create_api_token(context, account, "bench")

    def __enter__(self) -> Service:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "serve.py")],
            cwd=ROOT,
            env={**os.environ, **self.environ},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 60
        wanted = self.environ["HOBOTNICA_WORKER"] == "none"
        while time.monotonic() < deadline:
            try:
                status, found = self.get("/api/health", token=False)
                if status == 200 or (wanted and found["checks"]["database"]["status"] == "ok"):
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the service did not start")

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.context.close()
        self.log.close()

    def get(self, path: str, *, token: bool = True) -> tuple[int, Any]:
        """One GET: status and JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.api_token}"} if token else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        return answer.status, found

    def delivery(self, sha: str, branch: str) -> tuple[bytes, dict[str, str]]:
        """A signed push: body and headers but the delivery's id."""
        body = json.dumps(
            {
                "ref": f"refs/heads/{branch}",
                "after": sha,
                "before": "0" * 40,
                "head_commit": {"id": sha, "message": "bench", "author": {"name": "Bench"}},
                "repository": {"node_id": "R_bench", "name": NAME, "owner": {"login": OWNER}},
                "filler": "x" * 6000,  # GitHub's own are about this long
            }
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-Hub-Signature-256": sign(self.secret, body),
        }
        return body, headers

    @property
    def hook_path(self) -> str:
        """Where deliveries go."""
        return f"/api/webhooks/{self.repository.webhook_uid}"

    def wait_for(self, build_id: int) -> Build:
        """The build, when it has ended."""
        while True:
            build = builds.peek(self.context, build_id)
            if build is not None and build.finished_at is not None:
                return build
            time.sleep(0.02)  # a busy client would take the machine from what it measures

    def memory(self) -> int:
        """Bytes that its processes have for themselves (PSS: what is shared is counted once)."""
        if self.process is None:
            return 0
        master = psutil.Process(self.process.pid)
        processes = [master, *master.children(recursive=True)]
        total = 0
        for one in processes:
            with contextlib.suppress(psutil.Error):  # a build's process may have ended meanwhile
                total += one.memory_full_info().pss
        return total
