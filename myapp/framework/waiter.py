"""Waiting without a thread: tasks a coroutine yields and that the event loop resumes.

`yield Sleep(was, seconds)`; `yield Wait` subclasses; `Within` bounds any other task; `Watch` waits
to be woken by key from any thread. The set has no such thing (docs/framework.md, 12: data yielded
after `was.Thread` stayed for 3 s because nothing woke the loop).
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from myapp.framework.compat import Mask, Revoke, Task, trigger


class Alarm:
    """One entry of the clock; `cancel()` makes it do nothing."""

    __slots__ = ("function", "when")

    def __init__(self, when: float, function: Callable[[], None]) -> None:
        self.when = when
        self.function: Callable[[], None] | None = function

    def cancel(self) -> None:
        """Forget the function; the entry leaves the heap when its time comes."""
        self.function = None


class Clock(threading.Thread):
    """One daemon thread that runs functions on the event loop at their time."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="clock")
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def after(self, seconds: float, function: Callable[[], None]) -> Alarm:
        """Run `function` on the event loop `seconds` from now."""
        alarm = Alarm(time.monotonic() + seconds, function)
        with self._changed:
            heapq.heappush(self._heap, (alarm.when, next(self._numbers), alarm))
            if self._heap[0][2] is alarm:
                self._changed.notify()
        return alarm

    def run(self) -> None:
        """Sleep until the next alarm, for ever."""
        while True:
            with self._changed:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    left = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(left)
                due = []
                while self._heap and self._heap[0][0] <= time.monotonic():
                    due.append(heapq.heappop(self._heap)[2])
            trigger.wakeup(lambda due=due: _ring(due))


def _ring(due: list[Alarm]) -> None:
    for alarm in due:
        function, alarm.function = alarm.function, None
        if function is not None:
            with contextlib.suppress(Exception):  # one waiter's failure is no other's
                function()


_clock: Clock | None = None
_clock_lock = threading.Lock()


def clock() -> Clock:
    """The process's clock, started at first use (never before a fork)."""
    global _clock  # noqa: PLW0603
    with _clock_lock:
        if _clock is None:
            _clock = Clock()
            _clock.start()
        return _clock


class Wait(Task, Revoke):
    """A task that ends when `fire` or `fail` is called; a subclass's `arm` arranges for that.

    Both must run on the event loop: reach them through `trigger.wakeup` from other threads.
    """

    def __init__(self, was: Any) -> None:
        self._meta = self.meta = {"__was_id": was.ID}
        self._fulfilled: Any = None
        self._was: Any = None
        self._timeout = 0
        self._in_group = False
        self.result: Any = None

    def arm(self) -> None:
        """Start waiting; called once, when the coroutine has been suspended."""
        raise NotImplementedError

    def then(self, func: Any, was: Any = None) -> Wait:
        """The framework's hook: `func(was, result)` resumes the coroutine."""
        self._fulfilled, self._was = func, was or self._get_was()
        self.arm()
        return self

    def set_callback(self, func: Any, *_: Any) -> None:
        """The framework's hook for members of `was.Tasks` and `was.Map`."""
        self._fulfilled, self._in_group = func, True
        self.arm()

    def fire(self, value: Any = None) -> None:
        """Resume the coroutine with `value`, once; later calls do nothing."""
        self._end(Mask(value, meta=self.meta))

    def fail(self, error: Exception) -> None:
        """Resume the coroutine with a result whose `fetch()` raises `error`."""
        self._end(Mask(None, error, meta=self.meta))

    def _end(self, result: Any) -> None:
        if self.result is not None:
            return
        self.result = result
        if self._in_group:
            self._fulfilled(self)
        else:
            self._late_respond(result)

    def dispatch(self, *_: Any, **__: Any) -> Any:
        """The result as it is, for members of a group."""
        return self.result

    def fetch(self, *_: Any, **__: Any) -> Any:
        """The value, or the error raised."""
        return self.result.fetch()

    one = commit = wait = fetch


class Sleep(Wait):
    """Resume on the event loop after `seconds`; 0 means at its next turn."""

    def __init__(self, was: Any, seconds: float) -> None:
        super().__init__(was)
        self.seconds = seconds

    def arm(self) -> None:
        """Ask the loop, or the clock."""
        if self.seconds <= 0:
            trigger.wakeup(self.fire)
        else:
            clock().after(self.seconds, self.fire)


class Watch(Wait):
    """One wait of a Watcher; made by `Watcher.wait`."""

    def __init__(self, was: Any, watcher: Watcher, seconds: float) -> None:
        super().__init__(was)
        self.watcher = watcher
        self.seconds = seconds

    def arm(self) -> None:
        """Register, unless something happened since the last wait."""
        self.alarm = clock().after(self.seconds, self._end_wait)
        with self.watcher.lock:
            self.watcher.waiting = self
            woken = self.watcher.woken
        if woken:
            trigger.wakeup(self._end_wait)

    def _end_wait(self) -> None:
        with self.watcher.lock:
            self.watcher.waiting = None
            woken, self.watcher.woken = self.watcher.woken, False
        self.alarm.cancel()
        self.fire(woken)


class Watcher:
    """One listener for a key. What happens between two waits is not missed.

    `with watchers.watch("build:7") as watcher: woken = (yield watcher.wait(was, 15)).fetch()`
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: Watch | None = None
        self.woken = False

    def wait(self, was: Any, seconds: float) -> Watch:
        """A task that ends when the key is woken (True) or after `seconds` (False)."""
        return Watch(was, self, seconds)

    def wake(self) -> Watch | None:
        """Note that something happened; returns the wait to end."""
        with self.lock:
            self.woken = True
            return self.waiting


class Watchers:
    """Who waits for which key; `wake` may be called from any thread and never blocks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, set[Watcher]] = {}

    @contextlib.contextmanager
    def watch(self, key: str) -> Any:
        """A Watcher for `key`, as long as the `with` lasts."""
        watcher = Watcher()
        with self._lock:
            self._by_key.setdefault(key, set()).add(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                watching = self._by_key[key]
                watching.discard(watcher)
                if not watching:
                    del self._by_key[key]

    def wake(self, key: str) -> int:
        """Wake everyone who watches `key`; returns how many there are."""
        with self._lock:
            watchers = list(self._by_key.get(key, ()))
        waits = [wait for wait in (watcher.wake() for watcher in watchers) if wait is not None]
        if waits:
            trigger.wakeup(lambda: _end_all(waits))
        return len(watchers)


def _end_all(waits: list[Watch]) -> None:
    for wait in waits:
        with contextlib.suppress(Exception):  # one waiter's failure is no other's
            wait._end_wait()
