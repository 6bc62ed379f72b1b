"""Coroutines that go on after their request was answered, or that no request began."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any

from myapp.framework.compat import skitai, trigger
from myapp.framework.waiter import Wait

log = logging.getLogger("hobotnica.background")

_ID = "background"

Steps = Generator[Any, Any, Any]


def spawn(app: Any, begin: Callable[[Any], Steps], name: str) -> None:
    """Run the coroutine `begin(was)` on the event loop, from its first step on; nobody waits.

    It is written like a route: what blocks goes through `yield was.Thread(...)`. What it raises is
    logged under `name`. If this process ends, it ends unfinished: what it does must be leased.
    """
    trigger.wakeup(lambda: _step(begin(detached(app)), name, None))


def detached(app: Any) -> Any:
    """A `was` of no request; a request's own is emptied when it has been answered."""
    pool = skitai.was._WASPool__p
    if _ID not in pool:
        pool[_ID] = skitai.was._started()(**skitai.was._WASPool__kargs)
        pool[_ID].ID = _ID
    pool[_ID].app = app
    return pool[_ID]


def _step(steps: Steps, name: str, result: Any) -> None:
    try:
        task = steps.send(result)
    except StopIteration:
        return
    except Exception:
        log.exception("%s failed", name)
        return
    task.set_callback(lambda *_: trigger.wakeup(lambda: _step(steps, name, _ended(task))), 0)


def _ended(task: Any) -> Any:
    """What a coroutine is sent: the result of a wait, else the task itself."""
    return task.result if isinstance(task, Wait) else task
