"""A build's log: any part of it, and the rest as it is written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator
from typing import Any

from myapp import builds
from myapp.builds import FINAL
from myapp.context import Context
from myapp.errors import BuildNotFound, RangeNotSatisfiable
from myapp.framework.answers import Answer, no_content, text
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.framework.sse import Batch, Event, event_stream
from myapp.logs.render import render_log
from myapp.services.live import build_key
from myapp.services.permissions import READER
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

LARGEST_PART = 4 << 20  # bytes of one answer
EVENT_SIZE = 256 << 10  # bytes of one event
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)\Z")


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<id>/log", methods=["GET"], coroutine=True)
    @operation("getBuildLog", READER)
    def get_build_log(was: Any, call: Call) -> Steps:
        return (yield was.Thread(log_answer, args=(context_of(was), call))).fetch()

    @app.route("/<id>/log/stream", methods=["GET"], coroutine=True)
    @operation("streamBuildLog", READER)
    def stream_build_log(was: Any, call: Call) -> Steps:
        build_id = call.state["build"].id
        last = call.valid.headers.get("Last-Event-ID")
        offset = call.valid.query.get("offset", 0) if last is None else last
        reader = LogReader(context_of(was), build_id, offset)
        return (
            yield from event_stream(
                was, call, watchers=was.app.watchers, key=build_key(build_id), read=reader.read
            )
        )


def log_answer(context: Context, call: Call) -> Answer:
    """The part that was asked for (blocking); RFC 9110, 14 for ranges, 13 for `If-None-Match`."""
    build = builds.peek(context, call.state["build"].id)
    if build is None:
        raise BuildNotFound()
    size, ended = build.log_size, build.state in FINAL
    etag = f'"{build.id}-{build.attempt}-{size}-{int(ended)}"'
    if etag in call.headers.get("if-none-match", ""):
        return no_content(None, {"ETag": etag}, status=304)
    begin, end, partial = part(call, size)
    data = builds.read_log(context, build.id, begin, min(end - begin, LARGEST_PART))
    reached = begin + len(data)
    headers = {
        "X-Log-Offset": str(reached),
        "X-Log-Complete": "true" if ended and reached >= size else "false",
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if partial:
        headers["Content-Range"] = f"bytes {begin}-{reached - 1}/{size}"
    if call.valid.query.get("format") == "html":
        shown = call.valid.query
        page = str(render_log(data, begin, shown.get("line", 1), shown.get("sgr", "")))
        return text(None, page, headers=headers, content_type="text/html; charset=utf-8")
    return text(None, data, status=206 if partial else 200, headers=headers)


def part(call: Call, size: int) -> tuple[int, int, bool]:
    """Which bytes are meant: (begin, end, whether it is a Range); RangeNotSatisfiable."""
    offset = call.valid.query.get("offset") if call.query_value("offset") else None
    asked = _RANGE.match(call.headers.get("range", ""))
    if offset is not None:
        if offset > size:
            raise RangeNotSatisfiable(size)
        return offset, size, False
    if not asked or asked.group() == "bytes=-" or call.valid.query.get("format") == "html":
        return 0, size, False
    first, last = asked.groups()
    if first and last and int(last) < int(first):
        return 0, size, False  # not a valid range: passed over
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= size:
        raise RangeNotSatisfiable(size)
    return begin, end, True


class LogReader:
    """Reads on where it stopped, as events; text never ends inside a character (blocking)."""

    def __init__(self, context: Context, build_id: int, offset: int) -> None:
        self._context = context
        self._build_id = build_id
        self._offset = offset
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._state = ""

    def read(self) -> Batch:
        """What is new, and whether that was the end."""
        build = builds.peek(self._context, self._build_id)
        if build is None:
            return [Event("end", {"state": "deleted"})], True
        events = []
        if build.state != self._state:
            self._state = build.state
            events.append(Event("state", {"state": build.state}))
        ended = build.state in FINAL
        data = builds.read_log(self._context, self._build_id, self._offset, EVENT_SIZE)
        complete = ended and self._offset + len(data) >= build.log_size
        begin = self._offset - len(self._decoder.getstate()[0])
        words = self._decoder.decode(data, final=complete)
        self._offset += len(data)
        if words:
            reached = self._offset - len(self._decoder.getstate()[0])
            events.append(Event("log", {"offset": begin, "text": words}, id=reached))
        if complete:
            events.append(Event("end", {"state": build.state}))
        return events, complete
