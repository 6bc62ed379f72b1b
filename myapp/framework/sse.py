"""Server-sent events that flush at once and notice a vanished client (docs/framework.md, 12)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from myapp.framework.answers import STREAMED, Answer, check_headers
from myapp.framework.call import Call
from myapp.framework.operation import put
from myapp.framework.waiter import Sleep, Watchers

HEARTBEAT = 15.0
UNSENT_LIMIT = 1 << 20
_HEADERS = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),  # nginx: pass on at once
)


@dataclass(frozen=True)
class Event:
    """One event; `data` is JSON, `id` comes back as `call.headers["last-event-id"]`."""

    name: str
    data: Any
    id: str | int | None = None

    def encode(self) -> bytes:
        """The event's lines (html.spec.whatwg.org, 9.2.6)."""
        lines = [b"event: " + self.name.encode()]
        if self.id is not None:
            lines.append(b"id: " + str(self.id).encode())
        lines.append(b"data: " + orjson.dumps(self.data))
        return b"\n".join(lines) + b"\n\n"


Batch = tuple[Iterable[Event], bool]


def event_stream(
    was: Any,
    call: Call,
    *,
    watchers: Watchers,
    key: str,
    read: Callable[[], Batch],
    heartbeat: float = HEARTBEAT,
) -> Generator[Any, Any, Any]:
    """Stream what `read` finds until it says that this was the end or the client is gone.

    `read()` runs in `was.Thread` and returns (events, ended); it is called first, each time `key`
    is woken and at every heartbeat, so a lost wake-up only costs time. It must continue where it
    stopped by itself. Used as `return (yield from event_stream(...))`.
    """
    head = Answer(200, check_headers(_HEADERS), b"-")
    if call.method == "HEAD":
        return head
    channel = was.request.channel
    with watchers.watch(key) as watcher:
        # The first batch decides the status: what `read` raises now is still a plain error.
        events, ended = (yield was.Thread(read)).fetch()
        first = b": stream\n\n" + b"".join(event.encode() for event in events)
        if ended:  # all at once: nothing to stream
            return Answer(200, head.headers, first)
        put(was.response, head)
        closer = _Closer(lambda: watchers.wake(key))
        yield first
        while not ended:
            _attend(channel, closer)
            woken = (yield watcher.wait(was, heartbeat)).fetch()
            yield from _until_sent(was, channel)
            if channel is None or channel.closed:
                return STREAMED
            events, ended = (yield was.Thread(read)).fetch()
            data = b"".join(event.encode() for event in events)
            if data or not woken:
                yield data or b": still here\n\n"
    return STREAMED


class _Closer:
    """Wakes a stream when its channel closes; the channel calls `close` on what attends it."""

    def __init__(self, wake: Callable[[], Any]) -> None:
        self.wake = wake

    def close(self) -> None:
        """The client is gone."""
        self.wake()


def _attend(channel: Any, closer: _Closer) -> None:
    """Stay on the channel's list, which is emptied when the head has been sent."""
    if channel is not None and closer not in channel.producers_attend_to:
        channel.attend_to(closer)


def _until_sent(was: Any, channel: Any) -> Generator[Any, Any, None]:
    """Wait while the client takes nothing: what is unsent would fill the memory."""
    while channel is not None and not channel.closed and _unsent(channel) > UNSENT_LIMIT:
        yield Sleep(was, 0.5)


def _unsent(channel: Any) -> int:
    total = 0
    for item in list(channel.producer_fifo.l):
        total += len(item) if isinstance(item, bytes | bytearray) else _held(item)
    return total


def _held(producer: Any) -> int:
    """What a stream's producer holds, under the producers wrapped around it."""
    while producer is not None and not hasattr(producer, "data"):
        inner = getattr(producer, "producers", None)
        producer = inner.first() if inner else getattr(producer, "producer", None)
    return sum(map(len, producer.data)) if producer is not None else 0
