"""How the service is, and where to read more."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import maintenance
from myapp.framework.answers import Answer
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.framework.tasks import settle
from myapp.services import condition
from myapp.services.pages.showing import show
from myapp.services.permissions import PUBLIC, SIGNED_IN
from myapp.services.shapes import time_json
from myapp.services.web import base_url, context_of


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/status", methods=["GET"], coroutine=True)
    @page(SIGNED_IN)
    def show_status(was: Any, call: Call) -> Generator[Any, Any, Any]:
        context = context_of(was)
        found = yield from settle(
            was,
            status=was.Thread(condition.status, args=(context,)),
            runs=was.Thread(maintenance.runs, args=(context,)),
        )
        runs = [
            {
                "name": run.name,
                "interval": run.interval,
                "last_run_at": time_json(run.last_run_at),
                "holder": run.holder,
            }
            for run in found["runs"].fetch()
        ]
        shown = runs if call.account.admin else None
        return show(was, call, "status.j2", status=found["status"].fetch(), maintenance=shown)

    @app.route("/docs", methods=["GET"], coroutine=True)
    @page(PUBLIC)
    def show_docs(was: Any, call: Call) -> Answer:
        return show(was, call, "docs.j2", base_url=base_url(was))
