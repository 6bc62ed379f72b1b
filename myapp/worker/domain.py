"""The worker's verbs, as the domain has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myapp import builds
from myapp.builds import workers
from myapp.builds.model import Build, ClaimedBuild, Renewal
from myapp.context import Context
from myapp.repositories.finding import mirror_path
from myapp.runner.model import Result
from myapp.settings import Settings


class DomainVerbs:
    """`worker.verbs.Verbs` over `myapp.builds`: a name each, nothing added."""

    def claim(self, context: Context, worker: str, slots: int) -> ClaimedBuild | None:
        """The next build, or None."""
        return builds.claim(context, worker, slots)

    def renew(self, context: Context, build_id: int, attempt: int) -> Renewal:
        """Lengthen the lease."""
        return builds.renew(context, build_id, attempt)

    def enter_step(self, context: Context, build_id: int, attempt: int, step: str) -> None:
        """Write down what the build is doing."""
        builds.enter_step(context, build_id, attempt, step)

    def append_log(self, context: Context, build_id: int, attempt: int, data: bytes) -> int:
        """Append to the log; the new size."""
        return builds.append_log(context, build_id, attempt, data)

    def finish(self, context: Context, build_id: int, attempt: int, result: Result) -> Build:
        """End the build."""
        return builds.finish(context, build_id, attempt, result)

    def hand_back(self, context: Context, build_id: int, attempt: int, reason: str) -> Build:
        """Give the build back unfinished."""
        return builds.hand_back(context, build_id, attempt, reason)

    def expire_leases(self, context: Context, now: float) -> list[Build]:
        """See to the builds of lost workers."""
        return builds.expire_leases(context, now)

    def worker_died(self, context: Context, name: str) -> list[Build]:
        """See to the builds of this worker's earlier life."""
        return builds.worker_died(context, name)

    def announce(self, context: Context, name: str, **facts: Any) -> None:
        """Enter the worker into the list."""
        workers.announce(context, name, **facts)

    def seen(self, context: Context, name: str) -> bool:
        """The worker is alive; False if it has to announce itself again."""
        return workers.seen(context, name)

    def gone(self, context: Context, name: str) -> None:
        """The worker has stopped."""
        workers.gone(context, name)

    def mirror_path(self, settings: Settings, repository_id: int) -> Path:
        """Where the repository's mirror is."""
        return mirror_path(settings, repository_id)
