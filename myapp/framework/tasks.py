"""Several tasks at once, where one that fails does not take the others with it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settled:
    """How one member ended: its value, or its error."""

    value: Any = None
    error: Exception | None = None

    def fetch(self) -> Any:
        """The value, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.value


def settle(was: Any, **members: Any) -> Generator[Any, Any, dict[str, Settled]]:
    """Wait for all members (independent reads) and return each one's end by its name.

    `fetch()` of a `was.Tasks` raises the first error for the whole answer; here every member
    is looked at alone. Used as `found = yield from settle(was, a=was.Thread(...), b=...)`.
    """
    yield was.Tasks(**members)
    return {name: _end_of(member) for name, member in members.items()}


def _end_of(member: Any) -> Settled:
    try:
        return Settled(member.fetch())
    except Exception as error:
        return Settled(error=error)
