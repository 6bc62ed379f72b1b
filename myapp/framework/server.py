"""The web side's request and response, and the gate every request goes through on the loop."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from myapp.errors import HobotnicaError, MalformedRequest, PayloadTooLarge
from myapp.framework import errors
from myapp.framework.answers import Answer, check_header, no_content
from myapp.framework.call import split_target
from myapp.framework.compat import (
    collectors,
    http_request,
    http_response,
    http_server,
    wsgi_handler,
)
from myapp.framework.operation import MEGABYTE, put

access_log = logging.getLogger("hobotnica.access")

LONGEST_TARGET = 8190
LARGEST_HEADERS = 64 << 10
MOST_HEADERS = 100
DRAINED = 64 * MEGABYTE
WAITING_REQUESTS = 1024
BODILESS_METHODS = frozenset({"get", "head", "delete", "options", "trace"})

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*")


class LengthRequired(HobotnicaError):
    """The body has no Content-Length: chunked requests are not taken."""

    status = 411
    default_detail = "Length required"


class TargetTooLong(HobotnicaError):
    """The request target is longer than any of ours."""

    status = 414
    default_detail = "The address is too long"


class Request(http_request.http_request):
    """The set's request; `place` is the route found for it, `is_head` whether it was HEAD."""

    is_head = False
    close_after = True  # until the gate has seen honest framing
    place: Any = None
    refusal: Any = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if self.command is None:  # an unreadable request line
            self.uri, self.version = "/", "1.1"

    def set_log_info(self) -> None:
        """Take no transaction ids from the client (http_request.py:327 fails on a lone one)."""
        self.token = self.claim = self.user = None
        self.gtxid = f"{self.channel.channel_number}-{self.request_number}"
        self.ltxid = 1000

    def collect_incoming_data(self, data: bytes) -> None:
        """The body; what comes behind it before the answer is dropped, and the client told so."""
        if self.collector is not None:
            super().collect_incoming_data(data)
        else:
            self.close_after = True

    def found_terminator(self) -> None:
        """The end of the body."""
        if self.collector is not None:
            super().found_terminator()


class Response(http_response.http_response):
    """The set's response: checked headers, our errors, right HEAD and empty bodies, own log line.

    `bodiless` means that what the coroutine returned is no body (see `guard.NOTHING`).
    """

    bodiless = False
    _kept: dict[str, str] | None = None

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.update("Server", "Hobotnica")

    def set(self, key: str, value: Any) -> None:
        """Append a header; ValueError when it would break the answer."""
        super().set(*check_header(key, value))

    add_header = set  # the set's alias would miss the check

    def build_error_template(self, *_: Any, **__: Any) -> str:
        """The body of an error the framework answers itself, in the contract's shape."""
        if self.request is None or self.request.channel is None:
            return ""
        status, detail = errors.describe_status(self.reply_code)
        if status in (204, 304):
            return ""
        app, path = self.current_app, split_target(self.request.uri)[0]
        answer = errors.refusal(
            status,
            detail,
            as_json=errors.is_json_path(path),
            render=app.binding.render_error if app is not None else None,
            path=path,
        )
        put(self, answer)
        return answer.body.decode()

    def send(
        self, answer: Answer, headers: tuple[tuple[str, str], ...], *, close: bool = False
    ) -> None:
        """Answer from the event loop, without a handler."""
        put(self, answer, headers)
        if answer.body:
            self.update("Content-Length", len(answer.body))
            self.push(answer.body)
        self.done(close)

    def done(self, force_close: bool = False, upgrade_to: Any = None, with_header: int = 1) -> None:
        """Send: without a body for HEAD, 204, 304 and empty answers."""
        if not self.is_responsable():
            return
        self.request._header_cache["accept-encoding"] = None  # nginx compresses, not the loop
        if self.request.is_head or self.bodiless or self.reply_code in (204, 304):
            length = self.get("content-length") if not self.bodiless else "0"
            self._kept = {"Content-Type": self.get("content-type"), "Content-Length": length}
            self.outgoing.clear()
        channel = self.request.channel
        if self.is_async_streaming() and channel is not None:
            self.update("Connection", "close")
            super().done(False, upgrade_to, with_header)
            channel.current_request = self.request  # nothing else is read from this client
            channel.close_when_done()
        else:
            super().done(force_close or self.request.close_after, upgrade_to, with_header)

    def build_reply_header(self, with_header: int = 1) -> str:
        """The head, with the headers the set drops or invents for empty bodies put right."""
        if self._kept is not None:
            self.delete("Content-Length")
            for name, value in self._kept.items():
                if value is not None:
                    self.update(name, value)
            if self.reply_code in (204, 304):
                self.delete("Content-Length")
                self.delete("Content-Type")
        return super().build_reply_header(with_header)

    def log(self, _size: int) -> None:
        """One line a request, without the query: it may hold what is nobody's business."""
        request = self.request
        access_log.info(
            "%s %s %d %.1f ms",
            "HEAD" if request.is_head else request.method,
            split_target(request.uri)[0],
            self.reply_code,
            self.htime + (time.time() - self.stime) * 1000,
        )


class Drain:
    """Reads a refused request's body away, so that the client can read the answer."""

    def __init__(self, request: Any, size: int, answer: Callable[[], None]) -> None:
        self.request = request
        self.size = size
        self.answer = answer

    def start_collect(self) -> None:
        """Expect the body's bytes."""
        self.request.channel.set_terminator(self.size)

    def collect_incoming_data(self, data: bytes) -> None:
        """Drop them."""

    def found_terminator(self) -> None:
        """Answer at its end."""
        self.close()
        self.request.channel.set_terminator(b"\r\n\r\n")
        self.answer()

    def close(self) -> None:
        """Let the request go."""
        self.request.collector = None


class Gate:
    """The server's only handler: routes, refuses, answers files and OPTIONS on the loop.

    The set's virtual hosts and static files are never asked. What goes on to its runner is one
    request with a known route, a bounded body and honest framing (bodies of GET and DELETE are
    never read by the set: wsgi_handler.py:191, request smuggling).
    """

    def __init__(self, _wasc: Any, app: Any, runner: Any) -> None:
        self.app = app
        self.runner = runner

    def match(self, request: Any) -> bool:
        """Look at the request; every one is the gate's."""
        try:
            request.refusal = self._inspect(request)
        except Exception as error:
            path = split_target(request.uri)[0]
            request.refusal = errors.error_answer(
                error,
                as_json=errors.is_json_path(path),
                render=self.app.binding.render_error,
                path=path,
            )
        return True

    def handle_request(self, request: Any) -> None:
        """Hand it to the set's runner, or answer after its body has been read away."""
        if request.refusal is None:
            self.runner.handle_request(request)
            return
        length = _content_length(request)
        expects = request.get_header("expect")
        if length and not expects and not request.close_after and length <= DRAINED:
            request.collector = Drain(request, length, lambda: self._send(request))
            request.collector.start_collect()
            return
        request.close_after = request.close_after or bool(length)
        if request.close_after:
            request.channel.reject()
        self._send(request)

    def _send(self, request: Any) -> None:
        headers = self.app.binding.page_headers
        request.response.send(request.refusal, headers, close=request.close_after)

    def _inspect(self, request: Any) -> Answer | None:
        _check_framing(request)
        raw_path, _ = split_target(request.uri)
        if request.command == "head":
            request.is_head, request.command = True, "get"
        if request.command == "options":
            allowed = self.app.routes.allowed(raw_path)
            return no_content(None, {"Allow": ", ".join(sorted(allowed or {"OPTIONS"}))})
        if request.command == "get" and self.app.files is not None:
            found = self.app.files.find(raw_path, request.get_header("if-none-match"))
            if found is not None:
                return found
        request.place = self.app.routes.find(request.command.upper(), raw_path)
        if (_content_length(request) or 0) > getattr(request.place.function, "body_limit", 0):
            raise PayloadTooLarge
        return None


def _content_length(request: Any) -> int | None:
    value = request.get_header("content-length")
    return int(value) if value and value.isascii() and value.isdigit() else None


def _check_framing(request: Any) -> None:
    """Refuse what two servers could read differently; the connection is closed then."""
    if request.version not in ("1.0", "1.1"):
        raise MalformedRequest("HTTP/1.1 is spoken here")
    if len(request.uri) > LONGEST_TARGET:
        raise TargetTooLong
    if len(request.header) > MOST_HEADERS or not all(map(_HEADER.fullmatch, request.header)):
        raise MalformedRequest("The request headers cannot be read")
    names = [line.partition(":")[0].lower() for line in request.header]
    if names.count("host") != 1 and request.version == "1.1":
        raise MalformedRequest("The request needs one Host header")
    if "transfer-encoding" in names:
        raise LengthRequired
    length = _content_length(request)
    if "content-length" in names and (names.count("content-length") > 1 or length is None):
        raise MalformedRequest("The request's length cannot be read")
    dropped = ("upgrade", "http2-settings", "connection")
    close = "close" in (request.get_header("connection") or "").lower()
    if any(name in dropped for name in names):  # no h2c, no WebSocket: neither is served
        request.header[:] = [
            line for line in request.header if line.partition(":")[0].lower() not in dropped
        ]
        request._header_cache.clear()
    if length is None and request.command not in BODILESS_METHODS:
        request.header.append("Content-Length: 0")  # RFC 9112, 6.3: there is no body
        request._header_cache.clear()
    keep_alive = request.version == "1.1" and not close
    request.close_after = not keep_alive
    if length and request.command in BODILESS_METHODS:
        request.close_after = True
        request.channel.reject()


def _build_environ(self: Any, request: Any, apph: Any) -> dict[str, Any]:
    """What Atila needs, without the process's environment (wsgi_handler.py:97 merges it)."""
    env = self.ENV.copy()
    env["REQUEST_METHOD"] = request.command.upper()
    env["REQUEST_URI"] = request.uri
    env["SCRIPT_NAME"] = apph.route
    env["PATH_INFO"] = split_target(request.uri)[0]
    return env


_collect = http_server.http_channel.collect_incoming_data


def _collect_bounded(self: Any, data: bytes) -> None:
    if self.current_request is None and len(self.in_buffer) > LARGEST_HEADERS:
        self.reject()
        self.close()
        return
    _collect(self, data)


def install() -> None:
    """Put our request and response in the place of the set's; doing it again changes nothing."""
    Request.response_class = Response
    http_request.http_request = Request
    handler = wsgi_handler.Handler
    handler.build_environ = _build_environ
    # 32 waiting requests are 503 for the set (wsgi_handler.py:175); a burst of pushes is more.
    handler.MAX_QUEUE = property(lambda _: WAITING_REQUESTS, lambda *_: None)
    http_server.http_channel.collect_incoming_data = _collect_bounded


raw_collector = collectors.FormCollector
