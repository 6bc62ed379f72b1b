"""What many pages read and few writes change, kept in this process for a short time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
_STRIPES = 256


class Cache:
    """Values by group and name until their time is over or a write drops them; thread-safe.

    A group is what a write changes as a whole (`builds:7`: all that was read of repository 7's
    builds). Values are shared between readers: they must not be changed.
    """

    def __init__(self, size: int = 4096, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, str], tuple[float, Any]] = OrderedDict()
        self._names: dict[str, set[str]] = {}
        # Counts drops, so that a slow reader cannot put back what a write has just dropped;
        # groups share a counter, which costs no more than a value that is not kept.
        self._drops = [0] * _STRIPES

    def __len__(self) -> int:
        return len(self._values)

    def get(self, group: str, name: str) -> Any | None:
        """The value, None when there is none (any more)."""
        with self._lock:
            found = self._values.get((group, name))
            if found is None:
                return None
            if found[0] <= self._clock():
                self._remove((group, name))
                return None
            self._values.move_to_end((group, name))
            return found[1]

    def put(self, group: str, name: str, value: Any, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        with self._lock:
            self._keep((group, name), value, ttl)

    def fetch(self, group: str, name: str, ttl: float, load: Callable[[], T]) -> T:
        """The kept value, else what `load` returns, which is then kept unless it is None.

        What was loaded while a write dropped the group is returned but not kept: it may be the
        state from before that write.
        """
        found = self.get(group, name)
        if found is not None:
            return found
        stripe = hash(group) % _STRIPES
        before = self._drops[stripe]
        value = load()
        with self._lock:
            if value is not None and before == self._drops[stripe]:
                self._keep((group, name), value, ttl)
        return value

    def drop(self, group: str, name: str | None = None) -> None:
        """Forget the group, or one value of it."""
        with self._lock:
            self._drops[hash(group) % _STRIPES] += 1
            names = [name] if name is not None else list(self._names.get(group, ()))
            for each in names:
                self._remove((group, each))

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take a message of the bus: another process changed something."""
        repository_id = message.get("repository_id")
        if message.get("kind") == "changed":
            self.drop(str(message.get("group")))
        elif repository_id is not None:
            self.drop(f"builds:{repository_id}")
            self.drop("queue")

    def _keep(self, key: tuple[str, str], value: Any, ttl: float) -> None:
        self._values[key] = (self._clock() + ttl, value)
        self._values.move_to_end(key)
        self._names.setdefault(key[0], set()).add(key[1])
        while len(self._values) > self._size:
            self._remove(next(iter(self._values)))

    def _remove(self, key: tuple[str, str]) -> None:
        if self._values.pop(key, None) is None:
            return
        names = self._names[key[0]]
        names.discard(key[1])
        if not names:
            del self._names[key[0]]
