"""`@app.maintain(seconds)` by a real timer, once per interval in the installation.

The set runs these functions inside requests, in every worker, and one that raises turns each later
request into a 500 (atila/app/mixin.py:85). Here they run in threads of their own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from myapp.framework.compat import skitai

log = logging.getLogger("hobotnica.maintain")


class Job(threading.Thread):
    """One registered function with its thread; asked while it runs, it does not run again."""

    def __init__(self, app: Any, function: Callable[..., Any], interval: float) -> None:
        super().__init__(daemon=True, name=f"maintain-{function.__name__}")
        self.app = app
        self.function = function
        self.interval = interval
        self.due_at = 0.0
        self.count = 0
        self.busy = False
        self._asked: SimpleQueue[float] = SimpleQueue()

    def ask(self, now: float) -> None:
        """Run soon, if it is time and it is not running."""
        if self.busy or now < self.due_at:
            return
        self.busy = True
        self.due_at = now + self.interval
        self._asked.put(now)

    def run(self) -> None:
        """Wait to be asked, for ever; what goes wrong is logged and ends nothing."""
        while True:
            now = self._asked.get()
            try:
                self._run_once(now)
            except Exception:
                log.exception("maintenance %s failed", self.function.__name__)
            finally:
                self.busy = False

    def _run_once(self, now: float) -> None:
        once = self.app.binding.once_per_interval
        # A little less than the interval: clocks and ticks are never exactly on time.
        if once is None or once(self.function.__name__, self.interval * 0.9, now):
            was = skitai.was._get()
            was.app = self.app
            self.function(was, now, self.count)
            self.count += 1


class Driver:
    """Asks every job of an app at each tick of the event loop's scheduler (about 3 s apart)."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.jobs: dict[str, Job] = {}

    def start(self) -> None:
        """Tick from now on, without any request."""
        skitai.sched(1.0, self.tick)

    def tick(self, _now: float) -> None:
        """Look at every job; never raises, or the event loop would end."""
        try:
            for name, (function, interval, _) in list(self.app._maintern_funcs.items()):
                job = self.jobs.get(name)
                if job is None or job.function is not function:
                    job = self.jobs[name] = Job(self.app, function, float(interval))
                    job.start()
                job.ask(time.time())
        except Exception:
            log.exception("maintenance could not be looked at")
