"""What happens by itself: pulls, access checks, expired leases, old builds (`@app.maintain`).

The framework runs each function in a thread of its own, once per interval in the installation.
"""

from __future__ import annotations

import time
from typing import Any

from myapp import builds, maintenance, repositories
from myapp.context import Context
from myapp.services import mirrors, revoking

TICK = 5
PULLS_AT_ONCE = 4
CHECKS_AT_ONCE = 4


def __setup__(app: Any, mntopt: dict[str, Any]) -> None:
    context: Context = app.context

    # When a repository is due is written in its row; the tick only looks. Names are the leases'.
    @app.maintain(TICK, threading=True)
    def pull_repositories(was: Any, now: float, count: int) -> None:
        for repository in repositories.due_for_pull(context, time.time(), PULLS_AT_ONCE):
            mirrors.begin(app, repository)

    @app.maintain(TICK, threading=True)
    def check_access(was: Any, now: float, count: int) -> None:
        for repository in repositories.due_for_access_check(context, time.time(), CHECKS_AT_ONCE):
            revoking.begin_check(app, repository)

    @app.maintain(TICK, threading=True)
    def expire_leases(was: Any, now: float, count: int) -> None:
        builds.expire_leases(context, time.time())

    @app.maintain(3600, threading=True)
    def remove_old_builds(was: Any, now: float, count: int) -> None:
        maintenance.remove_old(context, time.time())
