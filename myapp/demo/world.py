"""What the pretended GitHub knows: one user, one repository, its webhooks and commit statuses."""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myapp.demo import repository, sample

LOGIN = "octocat"
NAME = "hello-hobotnica"
FULL_NAME = f"{LOGIN}/{NAME}"
# It opens nothing but this pretended GitHub, which lives on the loopback interface.
TOKEN = "demo-token-of-octocat"  # noqa: S105
USER_ID, REPOSITORY_ID = 583231, 1296269
USER_NODE, REPOSITORY_NODE = "U_demo_octocat", "R_demo_hello_hobotnica"


@dataclass
class World:
    """The state, shared by the server's threads; `address` is the server's own URL."""

    directory: Path
    address: str
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def create(cls, directory: Path, address: str) -> World:
        """Make the sample repository with its first commit."""
        path = repository.create(directory / f"{REPOSITORY_ID}.git")
        repository.commit(path, sample.FILES, message=sample.MESSAGE, when=int(time.time()))
        return cls(path, address)

    @property
    def html_url(self) -> str:
        """The sample repository's page."""
        return f"{self.address}/{FULL_NAME}"

    def knows(self, token: str) -> bool:
        """Whether this is the demonstration's token."""
        return hmac.compare_digest(token.encode(), TOKEN.encode())

    def commits(self, limit: int = 10) -> list[dict[str, Any]]:
        """The newest commits of the default branch, each with its newest status by context."""
        text = repository.git(
            self.directory, "log", f"-{limit}", "--format=%H%x1f%s%x1f%an", "main", "--"
        )
        found = []
        for line in text.splitlines():
            sha, subject, author = line.split("\x1f")
            newest = {status["context"]: status for status in self.statuses_of(sha)}
            found.append(
                {
                    "sha": sha,
                    "subject": subject,
                    "author": author,
                    "statuses": list(newest.values()),
                }
            )
        return found

    def statuses_of(self, sha: str) -> list[dict[str, Any]]:
        """The commit's statuses, oldest first."""
        with self.lock:
            return [status for status in self.statuses if status["sha"] == sha]

    def add_status(self, sha: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Keep a commit status; the answer is GitHub's shape."""
        with self.lock:
            status = {
                "id": len(self.statuses) + 1,
                "state": fields["state"],
                "context": fields.get("context") or "default",
                "description": fields.get("description"),
                "target_url": fields.get("target_url"),
            }
            self.statuses.append({**status, "sha": sha})
        return status

    def add_hook(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Keep a webhook; the answer hides the secret, as GitHub does."""
        with self.lock:
            number = max(self.hooks, default=0) + 1
            self.hooks[number] = {"id": number, "name": "web", "active": True, **fields}
            return shown(self.hooks[number])

    def change_hook(self, number: int, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Change a webhook, None if there is none of this id."""
        with self.lock:
            if number not in self.hooks:
                return None
            self.hooks[number].update(fields)
            return shown(self.hooks[number])

    def drop_hook(self, number: int) -> bool:
        """Remove a webhook; False if there is none of this id."""
        with self.lock:
            return self.hooks.pop(number, None) is not None


def shown(hook: dict[str, Any]) -> dict[str, Any]:
    """The webhook as GitHub shows it."""
    config = dict(hook["config"])
    if config.get("secret"):
        config["secret"] = "********"  # noqa: S105
    return {**hook, "config": config}
