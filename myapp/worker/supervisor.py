"""Keeps `python3 -m myapp worker` alive: `python3 -m myapp.worker.supervisor`.

Started by serve.py with a pipe as its standard input: when the web side ends, however it ends, the
pipe does too, and the worker is told to finish what it has. SIGTERM and SIGINT are passed on (the
first drains, the second ends). Imports next to nothing, because it lives as long as the service.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from functools import partial

from myapp.runner.tree import die_with_parent

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
HEALTHY_AFTER = 60.0  # seconds of life after which a death counts as the first again
COMMAND = (sys.executable, "-m", "myapp", "worker")


class Supervisor:
    """`run()` until told to stop; 0 if the last worker ended cleanly."""

    def __init__(self, command: tuple[str, ...] = COMMAND, stdin: int | None = 0) -> None:
        self._command = command
        self._stdin = stdin
        self._stopping = False
        self._worker: subprocess.Popen[bytes] | None = None
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self) -> int:
        """Start the worker, and again whenever it dies."""
        pause = SHORTEST_PAUSE
        while True:
            began = time.monotonic()
            code = self._live()
            if self._stopping:
                return 0 if code == 0 else 1
            if time.monotonic() - began > HEALTHY_AFTER:
                pause = SHORTEST_PAUSE
            _say(f"the worker ended with {code}; it is started again in {pause:g} s")
            self._wait(None, pause)
            if self._stopping:
                return 1
            pause = min(LONGEST_PAUSE, pause * 2)

    def _live(self) -> int:
        # In a session of its own: a terminal's Ctrl-C comes through here, once, as SIGTERM.
        # If this process is killed outright, the worker is told to finish all the same.
        self._worker = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509 - one thread
        )
        ended = os.pidfd_open(self._worker.pid)
        try:
            self._wait(ended, None)
            return self._worker.wait()
        finally:
            os.close(ended)
            self._worker = None

    def _wait(self, ended: int | None, seconds: float | None) -> None:
        """Until the worker has ended, the time is over or, without a worker, a stop is asked."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            watched = [self._wake]
            watched += [ended] if ended is not None else []
            watched += [self._stdin] if self._stdin is not None else []
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = select.select(watched, [], [], left)[0]
            if self._wake in ready:
                for _ in os.read(self._wake, 64):
                    self._stop()
            if self._stdin in ready and not os.read(self._stdin, 4096):
                self._stdin = None
                self._stop()
            if ended in ready or not ready or (ended is None and self._stopping):
                return

    def _stop(self) -> None:
        self._stopping = True
        if self._worker is not None:
            self._worker.send_signal(signal.SIGTERM)


def _say(text: str) -> None:
    sys.stderr.write(f"hobotnica: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(Supervisor().run())
