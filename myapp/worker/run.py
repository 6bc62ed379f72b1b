"""One build as its worker sees it: the line to the supervising process, and what it sent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections import deque

from myapp.worker import frames

MOST_WAITING = 1 << 20  # bytes that may wait for the database before the build is held back
LARGEST_APPEND = 256 << 10
SETTLE_SECONDS = 0.05  # between two writes, so that a quick build needs few
OBEY_SECONDS = 3.0  # how long a supervising process has to end its build


class Run:
    """Reads frames, gives them out as writes for the database; `stop()` orders an end."""

    def __init__(self, build_id: int, attempt: int, connection: socket.socket) -> None:
        self.build_id = build_id
        self.attempt = attempt
        self.pid: int | None = None
        self.ended = False  # the supervising process has nothing more to say
        self.retry_at = 0.0
        self.write_at = time.monotonic() + SETTLE_SECONDS
        self.delay = 0.0
        self.watched = False  # whether the loop waits for it
        self._connection = connection
        connection.setblocking(False)
        self._frames = frames.Frames()
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._size = 0
        self._stopped_at: float | None = None
        self.ordered: tuple[str, str] | None = None  # the state and reason of an ordered end

    def fileno(self) -> int:
        """Readable when the supervising process has sent something."""
        return self._connection.fileno()

    @property
    def full(self) -> bool:
        """Whether nothing more should be read before something has been written."""
        return self._size >= MOST_WAITING

    @property
    def due(self) -> float | None:
        """When to write (monotonic seconds); None if there is nothing to write."""
        if self.delay:
            return self.retry_at
        if self.ended or self.full or any(kind == "result" for kind, _ in self._waiting):
            return 0.0
        return self.write_at if self._waiting else None

    @property
    def stopping(self) -> bool:
        """Whether an end has been ordered."""
        return self._stopped_at is not None

    def read(self) -> None:
        """Take what has come."""
        try:
            data = self._connection.recv(MOST_WAITING)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        for kind, body in self._frames.feed(data):
            if kind == "pid":
                self.pid = int(body)
                continue
            self._waiting.append((kind, body))
            self._size += len(body)

    def next(self) -> tuple[str, bytes] | None:
        """The next write; adjoining pieces of log are one, and only the newest step counts,
        which is none of a build that has ended.
        """
        if not self._waiting:
            return None
        kind, body = self._waiting[0]
        if kind == "log":
            parts = [body]
            self._waiting.popleft()
            while self._waiting and self._waiting[0][0] == "log":
                if sum(map(len, parts)) + len(self._waiting[0][1]) > LARGEST_APPEND:
                    break
                parts.append(self._waiting.popleft()[1])
            self._waiting.appendleft(("log", b"".join(parts)))
        elif kind == "step" and any(
            later in ("step", "result") for later, _ in list(self._waiting)[1:]
        ):
            self._waiting.popleft()
            self._size -= len(body)
            return self.next()
        return self._waiting[0]

    def written(self) -> None:
        """The write that `next()` gave is in the database."""
        _, body = self._waiting.popleft()
        self._size -= len(body)
        self.delay = 0.0
        self.write_at = time.monotonic() + SETTLE_SECONDS

    def put_off(self) -> None:
        """The database does not answer: again in a while."""
        self.delay = min(2.0, self.delay * 2 or 0.1)
        self.retry_at = time.monotonic() + self.delay

    def stop(self, state: str, reason: str) -> None:
        """Order the end of the build, once."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self.ordered = (state, reason)
            with contextlib.suppress(OSError):
                order = json.dumps({"state": state, "reason": reason}).encode()
                self._connection.send(frames.pack("stop", order))

    def insist(self) -> None:
        """Kill a supervising process that does not obey; the nursery sees to its orphans."""
        overdue = self._stopped_at is not None and (
            time.monotonic() - self._stopped_at > OBEY_SECONDS
        )
        if overdue and self.pid is not None and not self.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._stopped_at = time.monotonic()

    def close(self) -> None:
        """Let go of the line."""
        self._connection.close()
