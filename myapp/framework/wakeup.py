"""Waking the event loop from another thread, without the set's wait.

`select_trigger.base_trigger.pull_trigger` sleeps 20 ms before it wakes the loop, in the thread of
every request that is answered (docs/framework.md, 4). Even a sleep of 0 lets go of the interpreter
in the middle of an answer. Here the first function of a batch wakes the loop, and those that come
before it looks go along.
"""

from __future__ import annotations

from typing import Any

from myapp.framework.compat import select_trigger


def _pull_trigger(self: Any, thunk: Any = None) -> None:
    with self.lock:
        if thunk:
            self.thunks.append(thunk)
        if self.waiting:
            return
        self.waiting = True
    self.shut()


def _handle_read(self: Any) -> None:
    self.recv(4096)
    with self.lock:
        # Whoever comes from here on has to wake the loop again.
        self.waiting = False
        thunks, self.thunks = self.thunks, []
    for thunk in thunks:
        try:
            thunk()
        except Exception:
            if self.logger:
                self.logger.trace("the_trigger")


def install() -> None:
    """Replace the two methods; doing it again changes nothing."""
    select_trigger.base_trigger.pull_trigger = _pull_trigger
    select_trigger.base_trigger.handle_read = _handle_read
