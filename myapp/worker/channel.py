"""The supervising process's line to its worker: results out, stop orders in."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket

from myapp.runner.model import CANCELLED, INTERRUPTED, Stopped
from myapp.worker.frames import Frames, pack

_READ = 65536


class Channel:
    """`emit()` for the runner, and its interrupt: readable when a stop order may have come.

    A worker that is slow to read holds the build back (nothing is lost, nothing piles up), but a
    stop order is heard even then.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setblocking(False)
        self._frames = Frames()
        self._stopping = False
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._watched = select.epoll()
        self._watched.register(connection, select.EPOLLIN)
        self._watched.register(self._wake, select.EPOLLIN)

    def fileno(self) -> int:
        """Readable when `check()` has something to look at (an epoll descriptor)."""
        return self._watched.fileno()

    def check(self) -> None:
        """Raise Stopped if the worker says so, is gone, or this process got SIGTERM."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, _READ)
            self._stop(INTERRUPTED, "the worker was stopped")
        try:
            data = self._connection.recv(_READ)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._watched.unregister(self._connection)
            self._stop(INTERRUPTED, "the worker is gone")
        for kind, body in self._frames.feed(data):
            if kind == "stop":
                order = json.loads(body)
                self._stop(order.get("state", CANCELLED), order.get("reason", "cancelled"))

    def emit(self, kind: str, data: bytes) -> None:
        """Send a frame, waiting for the worker as long as it takes; raises Stopped."""
        rest = memoryview(pack(kind, data))
        while rest:
            try:
                rest = rest[self._connection.send(rest) :]
            except BlockingIOError:
                self._wait()
            except OSError:
                raise Stopped(INTERRUPTED, "the worker is gone") from None

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._connection, select.POLLOUT)
        if not self._stopping:  # afterwards there is only one thing left to do: to finish
            poll.register(self._watched.fileno(), select.POLLIN)
        for fd, _ in poll.poll():
            if fd == self._watched.fileno():
                self.check()

    def _stop(self, state: str, reason: str) -> None:
        if not self._stopping:
            self._stopping = True
            raise Stopped(state, reason)
