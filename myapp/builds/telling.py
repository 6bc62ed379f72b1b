"""Telling pages, caches and workers that a build changed; always after the commit."""

from __future__ import annotations

from myapp.context import Context


def queued(context: Context, repository_id: int, build_id: int) -> None:
    """A build waits: wake the workers."""
    context.cache.drop(f"builds:{repository_id}")
    context.cache.drop("queue")
    context.bus.publish("queued", build_id=build_id, repository_id=repository_id)


def state_changed(context: Context, repository_id: int, build_id: int, state: str) -> None:
    """A build is in another state."""
    context.cache.drop(f"builds:{repository_id}")
    context.cache.drop("queue")
    context.bus.publish("state", build_id=build_id, repository_id=repository_id, state=state)
