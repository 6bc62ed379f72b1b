"""Bring the end of pool tasks back to the event loop.

After `yield was.Thread(...)`, `was.Subprocess` or `was.Tasks` the set goes on in whatever pool
thread finished last (skitai/tasks/pth/task.py:31): two threads then write to one connection,
nothing wakes the loop (the rest of a large answer waits up to 3 s), and a result that cannot be
taken (non-UTF-8 output, sp_task.py:66) leaves the request hanging. `install` ends all three:
after any yield a coroutine is on the event loop.
"""

from __future__ import annotations

from typing import Any

from myapp.framework.compat import Mask, PoolTask, SubprocessTask, executors, trigger

_execute = executors.ThreadExecutor.__call__
_pool_settle = PoolTask._settle
_subprocess_settle = SubprocessTask._settle
_subprocess_set_callback = SubprocessTask.set_callback


def _take_result(task: Any) -> None:
    """Wait for the result, in the pool thread; what goes wrong with it becomes its error."""
    try:
        task._create_mask(0)
    except Exception as error:
        task._mask = Mask(None, error, meta=task.meta)


def _settle_pool(self: Any, future: Any = None) -> None:
    _take_result(self)
    trigger.wakeup(lambda: _pool_settle(self))


def _settle_subprocess(self: Any, future: Any = None) -> None:
    _take_result(self)
    trigger.wakeup(lambda: _subprocess_settle(self))


def _keep_own_timeout(self: Any, func: Any, reqid: Any = None, timeout: Any = None) -> Any:
    # was.Tasks would replace it by its own 10 s (skitai/tasks/tasks.py:298).
    return _subprocess_set_callback(self, func, reqid, self._timeout)


def _named_call(self: Any, was_id: Any, function: Any, *args: Any, **options: Any) -> Any:
    # executors.py:126 asks every function for its name; functools.partial has none.
    if not hasattr(function, "__name__") or not hasattr(function, "__module__"):
        unnamed = function

        def function(*given: Any, **named: Any) -> Any:
            return unnamed(*given, **named)

    return _execute(self, was_id, function, *args, **options)


def install() -> None:
    """Replace the methods; doing it again changes nothing."""
    executors.ThreadExecutor.__call__ = _named_call
    PoolTask._settle = _settle_pool
    SubprocessTask._settle = _settle_subprocess
    SubprocessTask.set_callback = _keep_own_timeout
