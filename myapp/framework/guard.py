"""The guard every coroutine route goes through (docs/framework.md, 2 and 3)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

from myapp.framework.compat import Mask, Task, Tasks, skitai
from myapp.framework.waiter import Sleep

Handler = Callable[..., Generator[Any, Any, Any]]

# An answer must not be empty inside the set (utility.py:106 forgets the clone); `Response.done`
# leaves this one out.
NOTHING = b" "


def coroutine_guard(handler: Handler) -> Handler:
    """Make a generator handler safe to end, fail or answer nothing at any point.

    Its first part runs in the request's own thread. A coroutine that ends without one real
    suspension leaks a clone of `was`, and after 1,024 of them every coroutine route answers 502
    (skitai/tasks/proto.py:158); an error before the first yield loses its status
    (handlers/wsgi_handler.py:282). So an early end or error waits for the loop's next turn.
    """

    @wraps(handler)
    def guarded(was: Any, *args: Any, **options: Any) -> Generator[Any, Any, Any]:
        steps = handler(was, *args, **options)
        ended, result, streaming = False, None, False
        task = error = None
        try:
            task = next(steps)
        except StopIteration as end:
            ended, result = True, end.value
        except Exception as early:
            error = early
        if not _suspends(task):
            yield Sleep(was, 0)
        if error is not None:
            raise error
        while not ended:
            try:
                streaming = streaming or not isinstance(task, Task)
                task = steps.send((yield task))
            except StopIteration as end:
                ended, result = True, end.value
        if streaming:
            return None
        return NOTHING if result is None or result in ("", b"") else result

    guarded.__signature__ = inspect.signature(handler)  # type: ignore[attr-defined]
    return guarded


def _suspends(task: Any) -> bool:
    """Whether yielding it is a real suspension: text, a Mask and empty Tasks come back at once."""
    if not isinstance(task, Task) or isinstance(task, Mask):
        return False
    return not (isinstance(task, Tasks) and not task._reqs)


def raise_clone_limit(limit: int = 8192) -> None:
    """Allow that many coroutines in flight per request thread; the set stops at 256.

    The documented `set_max_was_clones_per_thread` raises AttributeError before `run`
    (skitai/__init__.py:347).
    """
    skitai._WASPool.MAX_CLONES_PER_THREAD = limit
