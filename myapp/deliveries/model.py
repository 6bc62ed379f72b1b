"""What the verbs about deliveries return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from myapp.builds.model import Build


@dataclass(frozen=True)
class Outcome:
    """What came of a delivery: a build or not, and why; `duplicate` if it had come before."""

    build: Build | None
    duplicate: bool
    detail: str


@dataclass(frozen=True)
class Delivery:
    """A delivery as it was received, and what was done with it."""

    id: int
    repository_id: int
    delivery_id: str
    event: str
    received_at: float
    detail: str
    branch: str | None
    sha: str | None
    build_id: int | None


class Push(Protocol):
    """What is needed of github.events.PushEvent."""

    @property
    def ref(self) -> str:
        """As in `refs/heads/main`."""

    @property
    def branch(self) -> str:
        """As in `main`."""

    @property
    def sha(self) -> str:
        """The branch's new head."""

    @property
    def message(self) -> str:
        """The head commit's."""

    @property
    def author(self) -> str:
        """The head commit's."""

    @property
    def pusher(self) -> str:
        """Who pushed."""
