"""Blocking work where it may block, without a needless change of threads."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from myapp.framework.call import Call

Steps = Generator[Any, Any, Any]


def in_thread(was: Any, call: Call, function: Callable[..., Any], *args: Any) -> Steps:
    """`function(context, *args)`: here while this is the request's own thread, else `was.Thread`.

    It is the request's own until the coroutine has waited for something; what has waited before
    the handler says so in `call.state["on_loop"]`. For reads that are asked for often.
    """
    if not call.state.get("on_loop"):
        return function(was.app.context, *args)
    return (yield was.Thread(function, args=(was.app.context, *args))).fetch()
