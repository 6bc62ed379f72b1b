"""Rate limits for what strangers can try: credentials, forged deliveries. In this process only."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from myapp.errors import TooManyRequests

_MOST_KEYS = 10_000


class Limiter:
    """A token bucket for each key: `burst` at once, then `rate` a second."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raises TooManyRequests if the key has nothing left; takes nothing."""
        with self._lock:
            left = self._left(key)
        if left < 1:
            raise TooManyRequests((1 - left) / self._rate)

    def take(self, key: str) -> None:
        """Take one from the key's bucket, which may run dry but not below."""
        with self._lock:
            left = max(0.0, self._left(key) - 1)
            self._buckets[key] = (left, self._clock())
            self._buckets.move_to_end(key)
            while len(self._buckets) > _MOST_KEYS:
                self._buckets.popitem(last=False)

    def _left(self, key: str) -> float:
        left, when = self._buckets.get(key, (float(self._burst), 0.0))
        return min(self._burst, left + (self._clock() - when) * self._rate)


# Wrong credentials and forged signatures from one address: thirty, then one every two seconds.
WRONG_CREDENTIALS = Limiter(rate=0.5, burst=30)
FORGED_DELIVERIES = Limiter(rate=0.5, burst=60)
