"""Opening what a command needs, and closing it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from myapp.context import Context
from myapp.settings import Settings


@contextmanager
def opened() -> Iterator[Context]:
    """The context of this installation; its database must have been migrated."""
    context = Context.open(Settings.read())
    try:
        yield context
    finally:
        context.close()
