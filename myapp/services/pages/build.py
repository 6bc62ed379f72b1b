"""A build's page with a window of its log; cancelling and running it again."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

from myapp import builds
from myapp.accounts import Account
from myapp.builds import Build
from myapp.context import Context
from myapp.errors import HobotnicaError
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.logs.scan import Scan
from myapp.logs.window import Window, open_window
from myapp.repositories import Repository
from myapp.services.pages.showing import can, form_of, see, show
from myapp.services.permissions import READER, WRITER
from myapp.services.shapes import Json, build_json, repository_json
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

SCAN_TTL = 600.0
_BROKEN = ("failed", "errored", "timed_out")
_scanning = threading.Lock()


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<id>", methods=["GET"], coroutine=True)
    @page(READER)
    def show_build(was: Any, call: Call) -> Steps:
        return (yield from answer_build(was, call))

    @app.route("/<id>/cancel", methods=["POST"], coroutine=True)
    @page(WRITER)
    def cancel_build(was: Any, call: Call) -> Steps:
        typed = {"reason": call.form.get("reason", "").strip()[:500]}
        build = call.state["build"]
        given = (context_of(was), build.id, call.account.login, typed["reason"])
        try:
            (yield was.Thread(builds.cancel, args=given)).fetch()
        except HobotnicaError as error:
            shown = form_of("cancel", typed, error)
            return (yield from answer_build(was, call, shown, error.status))
        return see(was, f"/builds/{build.id}", "cancelled")

    @app.route("/<id>/retry", methods=["POST"], coroutine=True)
    @page(WRITER)
    def retry_build(was: Any, call: Call) -> Steps:
        given = (context_of(was), call.state["build"].id, call.account.login)
        build = (yield was.Thread(builds.retry, args=given)).fetch()
        return see(was, f"/builds/{build.id}", "queued")


def answer_build(was: Any, call: Call, form: Json | None = None, status: int = 200) -> Steps:
    """The build's page, with a form that came back if there is one."""
    repository: Repository = call.state["repository"]
    asked = (
        context_of(was),
        call.account,
        call.state["build"].id,
        repository,
        line_of(call, "start"),
        line_of(call, "end"),
    )
    found = (yield was.Thread(view, args=asked)).fetch()
    return show(was, call, "build.j2", status, **found, can=can(call, repository), form=form)


def view(
    context: Context,
    account: Account,
    build_id: int,
    repository: Repository,
    start: int | None,
    end: int | None,
) -> Json:
    """What the template needs of one build (blocking)."""
    build, url = builds.get(context, account, build_id), context.settings.base_url
    return {
        "build": build_json(build, base_url=url),
        "repository": repository_json(repository, base_url=url),
        "log": window(context, build, start, end),
    }


def window(context: Context, build: Build, start: int | None, end: int | None) -> Window:
    """The lines asked for; else those around the failure, or the log's end (blocking)."""

    def read(offset: int, limit: int) -> bytes:
        return builds.read_log(context, build.id, offset, limit)

    at_failure = start is None and end is None and build.state in _BROKEN
    with _scanning:  # a Scan is fed by one thread at a time
        scan = context.cache.fetch("scans", f"{build.id}:{build.attempt}", SCAN_TTL, Scan)
        while scan.size < build.log_size:
            data = read(scan.size, 1 << 20)
            if not data:
                break
            scan.feed(data)
        return open_window(read, scan, start=start, end=end, at_failure=at_failure)


def line_of(call: Call, name: str) -> int | None:
    """A line number in the query; whatever is none is left out."""
    value = call.query_value(name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None
