"""The thread that keeps this worker's leases alive and does nothing else."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from myapp.errors import DatabaseUnavailable, LeaseLost
from myapp.worker.verbs import Verbs

RENEW_EVERY = 10.0  # seconds; a lease lasts 60
RETRY_AFTER = 2.0
log = logging.getLogger("hobotnica.worker")


class Leases:
    """Renews what is held; `fileno()` is readable when `events()` has news.

    News are `(build_id, attempt, renewal)`, with None for a renewal that was refused: the lease
    is lost and the build must stop without another word.
    """

    def __init__(
        self, context: Any, verbs: Verbs, worker: str, announce: Callable[[], None]
    ) -> None:
        self._context = context
        self._announce = announce
        self._verbs = verbs
        self._worker = worker
        self._held: dict[int, int] = {}
        self._lock = threading.Lock()
        self._news: deque[tuple[int, int, Any]] = deque()
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close its pipe."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """Readable when there are events."""
        return self._reader

    def hold(self, build_id: int, attempt: int) -> None:
        """Renew this attempt's lease from now on."""
        with self._lock:
            self._held[build_id] = attempt

    def release(self, build_id: int) -> None:
        """Renew it no longer."""
        with self._lock:
            self._held.pop(build_id, None)

    def events(self) -> list[tuple[int, int, Any]]:
        """What happened since the last call."""
        try:
            os.read(self._reader, 4096)
        except BlockingIOError:
            return []
        return [self._news.popleft() for _ in range(len(self._news))]

    def _keep(self) -> None:
        pause = RENEW_EVERY
        while not self._stop.wait(pause):
            pause = RENEW_EVERY if self._renew_all() else RETRY_AFTER

    def _renew_all(self) -> bool:
        with self._lock:
            held = list(self._held.items())
        try:
            if not self._verbs.seen(self._context, self._worker):
                self._announce()
            for build_id, attempt in held:
                self._renew(build_id, attempt)
        except DatabaseUnavailable as error:
            log.warning("leases are not renewed: %s", error)
            return False
        except Exception:
            log.exception("leases are not renewed")
            return False
        return True

    def _renew(self, build_id: int, attempt: int) -> None:
        try:
            renewal = self._verbs.renew(self._context, build_id, attempt)
        except LeaseLost:
            renewal = None
        if renewal is None or renewal.cancelled_by is not None:
            self._news.append((build_id, attempt, renewal))
            os.write(self._writer, b".")
