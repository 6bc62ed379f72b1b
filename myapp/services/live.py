"""What other processes tell this one: caches to drop, live readers to wake."""

from __future__ import annotations

import select
import threading
from typing import Any

from myapp.bus import Listener
from myapp.cache import Cache
from myapp.framework.waiter import Watchers


class Live(threading.Thread):
    """Listens to the bus for as long as the process lives; losing a message only costs time."""

    def __init__(self, listener: Listener, cache: Cache, watchers: Watchers) -> None:
        super().__init__(daemon=True, name="bus")
        self._listener = listener
        self._cache = cache
        self._watchers = watchers

    def run(self) -> None:
        """Wait, take what has come, for ever."""
        poll = select.poll()
        poll.register(self._listener.fileno(), select.POLLIN)
        while True:
            poll.poll()
            for message in self._listener.receive():
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        self._cache.receive(message)
        if message["kind"] in ("log", "state"):
            self._watchers.wake(build_key(message.get("build_id")))


def build_key(build_id: Any) -> str:
    """The key that readers of a build's log watch."""
    return f"build:{build_id}"


def start(app: Any) -> None:
    """Begin to listen; `app.watchers` are then woken."""
    app.watchers = Watchers()
    listener = app.context.bus.listen("web", ("log", "state", "changed"))
    Live(listener, app.context.cache, app.watchers).start()
