"""Notes when the event loop stood still, and where (HOBOTNICA_WATCHDOG=1: debugging and tests)."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
import traceback
from pathlib import Path

from myapp.framework.compat import trigger

log = logging.getLogger("hobotnica.watchdog")

LIMIT = 0.1
EVERY = 0.02
MARK = "the event loop stood still"


class Watchdog(threading.Thread):
    """Asks the loop for a sign of life; `stalls` counts how often none came within the limit."""

    def __init__(self, limit: float = LIMIT) -> None:
        super().__init__(daemon=True, name="watchdog")
        self.limit = limit
        self.stalls = 0
        self.main = threading.main_thread()
        self._answered = threading.Event()

    def run(self) -> None:
        """Watch for ever."""
        while True:
            self._answered.clear()
            used, started = time.process_time(), time.monotonic()
            trigger.wakeup(self._answered.set)
            if not self._answered.wait(self.limit):
                busy = (time.process_time() - used) / (time.monotonic() - started)
                self._look(busy)
                self._answered.wait()
            time.sleep(EVERY)

    def _look(self, busy: float) -> None:
        """Count a stall, unless the process only waits for its share of a busy machine."""
        frame = sys._current_frames().get(self.main.ident or 0)
        stack = traceback.format_stack(frame) if frame is not None else []
        polling = bool(stack) and "pollster.poll" in stack[-1]
        if polling or (busy < 0.5 and _wants_processor()):
            return
        self.stalls += 1
        log.error("%s for more than %.0f ms:\n%s", MARK, self.limit * 1000, "".join(stack))


def _wants_processor() -> bool:
    """Whether a thread of this process is runnable but perhaps not running (proc(5))."""
    own = str(threading.get_native_id())
    states = []
    for task in Path("/proc/self/task").iterdir():
        if task.name != own:
            with contextlib.suppress(OSError):
                status = (task / "stat").read_text()
                states.append(status.rpartition(")")[2].split()[0])
    return "R" in states
