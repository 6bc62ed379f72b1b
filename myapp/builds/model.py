"""What the verbs about builds return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from myapp.repositories.model import Repository

FINAL = frozenset(
    ("passed", "failed", "errored", "cancelled", "timed_out", "superseded", "skipped")
)
# How a worker may end a build; the other ends are decided without one.
RESULTS = frozenset(("passed", "failed", "errored", "cancelled", "timed_out"))


@dataclass(frozen=True)
class Build:
    """A build or deployment: times in seconds since 1970, sizes in bytes.

    `reason` of a queued one, `queue_position` (from 1) and `eta` (when it should be ended) are
    worked out when it is read.
    """

    id: int
    repository_id: int
    number: int
    job: str
    state: str
    reason: str | None
    event: str
    branch: str
    ref: str
    sha: str
    message: str
    author: str
    creator: str
    environment: str | None
    target: str
    attempt: int
    losses: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    exit_code: int | None
    max_rss: int | None
    cpu_seconds: float | None
    log_size: int
    worker: str | None
    lease_until: float | None
    step: str | None
    cancel_requested_at: float | None
    cancel_by: str | None
    cancel_reason: str | None
    retry_of: int | None
    superseded_by: int | None
    owner: str
    name: str
    queue_position: int | None = None
    eta: float | None = None

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Build:
        """From store.builds.SELECT."""
        build = cls.__new__(cls)
        # Four times as fast as the frozen constructor, which lists of a hundred would feel.
        build.__dict__.update(_BLANK)
        build.__dict__.update(zip(_FIELDS, row, strict=False))
        return build

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL

    @property
    def duration(self) -> float | None:
        """Seconds from its last start to its end, None before the end or if it never started."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, self.finished_at - self.started_at)


_FIELDS = tuple(item.name for item in fields(Build))
_BLANK = {"queue_position": None, "eta": None}


@dataclass(frozen=True)
class ClaimedBuild:
    """A build that is this worker's now, with all it needs to run it; `timeout` in seconds."""

    build: Build
    repository: Repository
    token: str | None = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    timeout: float


@dataclass(frozen=True)
class Renewal:
    """The lease is longer now; `cancelled_by` tells that somebody wants the build to end."""

    cancelled_by: str | None
    reason: str | None


@dataclass(frozen=True)
class NewBuild:
    """What is known of a build before it is queued."""

    event: str
    branch: str
    ref: str
    sha: str
    message: str
    author: str
    creator: str
    job: str = "test"
    environment: str | None = None
    target: str | None = None
    retry_of: int | None = None
