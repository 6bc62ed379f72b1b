"""When to try again."""

from __future__ import annotations

import random

SHORTEST = 2.0
LONGEST = 900.0


def backoff(failures: int, retry_after: float | None = None) -> float:
    """Seconds until the next try after so many in vain: doubled each time, spread by half.

    What the other side asks for (Retry-After) is the least.
    """
    wait = min(LONGEST, SHORTEST * 2.0 ** min(failures, 16))
    # Spread, so that a thousand statuses do not come back at the same moment; no secret in it.
    spread = wait * random.uniform(0.5, 1.0)  # noqa: S311
    return max(spread, retry_after or 0.0)
