"""Server-sent events."""

from __future__ import annotations

import itertools
from typing import Any

from myapp.framework.answers import answer
from myapp.framework.operation import page
from myapp.framework.sse import Event, event_stream
from myapp.framework.waiter import Watchers

WATCHERS = Watchers()
LINES: list[str] = []
OPEN = {"now": 0}


def reader(position: int) -> Any:
    places = itertools.count(position)
    state = {"next": position}

    def read() -> tuple[list[Event], bool]:
        new = LINES[state["next"] :]
        state["next"] += len(new)
        events = [Event("log", line, id=next(places) + 1) for line in new]
        return events, bool(new) and new[-1] == "the end"

    return read


def __mount__(app: Any, mntopt: Any) -> None:  # noqa: N807
    @app.route("/lines", methods=["GET"], coroutine=True)
    @page()
    def lines(was, call):
        start = int(call.headers.get("last-event-id", "0"))
        OPEN["now"] += 1
        try:
            return (
                yield from event_stream(
                    was,
                    call,
                    watchers=WATCHERS,
                    key="lines",
                    read=reader(start),
                    heartbeat=float(call.query_value("heartbeat", "15")),
                )
            )
        finally:
            OPEN["now"] -= 1

    @app.route("/lines", methods=["POST"], coroutine=True)
    @page()
    def add_line(was, call):
        LINES.append(call.body.decode())
        return answer(was, {"watching": WATCHERS.wake("lines")})

    @app.route("/lines", methods=["DELETE"], coroutine=True)
    @page()
    def clear(was, call):
        LINES.clear()
        return answer(was, {})

    @app.route("/open", methods=["GET"], coroutine=True)
    @page()
    def count(was, call):
        return answer(was, OPEN)
