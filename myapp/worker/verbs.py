"""What the worker asks of the domain, as one object: tests put their own in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from myapp.runner.model import Result


class Verbs(Protocol):
    """The verbs of `myapp.builds` that a worker uses; each is one transaction.

    They raise LeaseLost when the attempt is over and DatabaseUnavailable when later may help.
    """

    def claim(self, context: Any, worker: str, slots: int) -> Any:
        """The next ClaimedBuild, or None."""

    def renew(self, context: Any, build_id: int, attempt: int) -> Any:
        """Lengthen the lease; `.cancelled_by` and `.reason` say whether it was cancelled."""

    def enter_step(self, context: Any, build_id: int, attempt: int, step: str) -> Any:
        """Write down what the build is doing."""

    def append_log(self, context: Any, build_id: int, attempt: int, data: bytes) -> int:
        """Append to the log; the new size."""

    def finish(self, context: Any, build_id: int, attempt: int, result: Result) -> Any:
        """End the build."""

    def hand_back(self, context: Any, build_id: int, attempt: int, reason: str) -> Any:
        """Give the build back unfinished: a test is queued again, a deployment errored."""

    def expire_leases(self, context: Any, now: float) -> Any:
        """See to the builds of lost workers."""

    def worker_died(self, context: Any, name: str) -> Any:
        """See to the builds of this worker's earlier life."""

    def announce(self, context: Any, name: str, **facts: Any) -> Any:
        """Enter the worker into the list."""

    def seen(self, context: Any, name: str) -> bool:
        """The worker is alive; False if it has to announce itself again."""

    def gone(self, context: Any, name: str) -> Any:
        """The worker has stopped."""

    def mirror_path(self, settings: Any, repository_id: int) -> Path:
        """Where the repository's mirror is."""
