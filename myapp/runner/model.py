"""What a build needs to run, and what comes out of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

PASSED, FAILED, ERRORED = "passed", "failed", "errored"
TIMED_OUT, CANCELLED = "timed_out", "cancelled"
INTERRUPTED = "interrupted"  # the worker's end, not the build's: it is handed back, never stored


@dataclass(frozen=True)
class Sandbox:
    """How builds are confined here: the level that was found to work, and what it hides.

    `own_uid`: builds run under a user id of their own (the service was started as root).
    `hidden` is the service's data directory, `workspaces` where builds live.
    """

    level: str
    own_uid: bool
    hidden: Path
    workspaces: Path
    reason: str = ""

    def __str__(self) -> str:
        words = {"bwrap": "bubblewrap", "unshare": "unshare", "none": "no sandbox"}[self.level]
        return words + (", own user id" if self.own_uid else "")


@dataclass(frozen=True)
class Job:
    """One attempt at one build, complete: the runner asks nobody for anything more.

    Times are in seconds, limits in bytes. The repr hides what is secret.
    """

    build_id: int
    attempt: int
    repository_id: int
    owner: str
    name: str
    url: str
    mirror: Path
    workspace: Path
    sha: str
    target: str
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    token: str | None = field(default=None, repr=False)
    timeout: float = 3600
    idle_timeout: float = 1800
    fetch_timeout: float = 1800
    log_limit: int = 64 << 20
    repository_limit: int = 4 << 30
    ca_file: Path | None = None

    def to_wire(self) -> bytes:
        """As JSON, for the supervising process (through a socket, never a file)."""
        return json.dumps(asdict(self), default=str).encode()

    @classmethod
    def from_wire(cls, raw: bytes) -> Job:
        """The job that `to_wire` wrote."""
        values = json.loads(raw)
        sandbox = values["sandbox"]
        for name in ("hidden", "workspaces"):
            sandbox[name] = Path(sandbox[name])
        values["sandbox"] = Sandbox(**sandbox)
        values["secrets"] = tuple(values["secrets"])
        for name in ("mirror", "workspace", "ca_file"):
            values[name] = Path(values[name]) if values[name] is not None else None
        return cls(**values)


@dataclass(frozen=True)
class Result:
    """How a build ended: `reason` is one sentence unless it passed; `max_rss` is in bytes."""

    state: str
    reason: str | None = None
    exit_code: int | None = None
    cpu_seconds: float | None = None
    max_rss: int | None = None

    def to_wire(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_wire(cls, raw: bytes) -> Result:
        """The result that `to_wire` wrote."""
        values: dict[str, Any] = json.loads(raw)
        return cls(**values)

    def used(self, cpu_seconds: float, max_rss: int) -> Result:
        """The same end with what it cost."""
        return replace(self, cpu_seconds=round(cpu_seconds, 3), max_rss=max_rss)


class Stopped(Exception):
    """Somebody or something outside ended the build; carries the state and the sentence."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def duration_words(seconds: float) -> str:
    """A round duration: 3600 -> "1 hour", 90 -> "90 seconds", 1800 -> "30 minutes"."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"
