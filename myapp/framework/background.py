"""Coroutines that go on after their request was answered, or that no request began."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Any

from myapp.framework.compat import skitai, trigger

log = logging.getLogger("hobotnica.background")


def detached(app: Any) -> Any:
    """A `was` of no request, for tasks of the app's own (in the thread that calls this)."""
    was = skitai.was._get()
    was.app = app
    return was


def spawn(steps: Generator[Any, Any, Any], name: str) -> None:
    """Run a coroutine of tasks on the event loop, from its first step on; nobody waits for it.

    It is written like a route: what blocks goes through `yield was.Thread(...)`. What it raises is
    logged under `name`. If this process ends, it ends unfinished: what it does must be leased.
    """
    trigger.wakeup(lambda: _step(steps, name, None))


def _step(steps: Generator[Any, Any, Any], name: str, result: Any) -> None:
    try:
        task = steps.send(result)
    except StopIteration:
        return
    except Exception:
        log.exception("%s failed", name)
        return
    task.set_callback(lambda *_: trigger.wakeup(lambda: _step(steps, name, task)), reqid=0)
