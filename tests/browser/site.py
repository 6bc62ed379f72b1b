"""The pages on a small server, with a build whose log the test writes line by line."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from myapp.logs.scan import Scan
from myapp.logs.window import Window, open_window
from tests.unit.templates import samples
from tests.unit.templates.rendering import ROOT, render

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class LiveBuild:
    """A build that goes on as the test says; `write`, `finish` and `drop` wake its streams."""

    def __init__(self, log: bytes = b"", state: str = "running", **changes: Any) -> None:
        self.log = log
        self.state = state
        self.changes = changes
        self.streams: list[int] = []  # the offsets that were asked for
        self.broken = False
        self._drops = 0
        self._wake = threading.Condition()

    def write(self, data: bytes) -> None:
        """Append to the log."""
        with self._wake:
            self.log += data
            self._wake.notify_all()

    def become(self, state: str) -> None:
        """Go to another state; one that is neither queued nor running ends the streams."""
        with self._wake:
            self.state = state
            self._wake.notify_all()

    def drop(self, *, broken: bool = False) -> None:
        """Cut all streams; while broken, new ones are refused with 502."""
        with self._wake:
            self.broken = broken
            self._drops += 1
            self._wake.notify_all()

    def mend(self) -> None:
        """Take streams again."""
        self.broken = False

    def window(self, query: dict[str, list[str]]) -> Window:
        """The part of the log that a request asks for."""
        log = self.log
        scan = Scan()
        scan.feed(log)
        where = {key: int(query[key][0]) for key in ("start", "end") if key in query}
        return open_window(
            lambda at, n: log[at : at + n],
            scan,
            start=where.get("start"),
            end=where.get("end"),
            at_failure=self.state == "failed",
        )

    def context(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """The build page's context."""
        return samples.page(
            build=samples.build(self.state, **self.changes),
            repository=samples.repository(),
            log=self.window(query),
        )

    def _news(self, offset: int, state: str, drops: int) -> tuple[bytes, str, bool]:
        def is_news() -> bool:
            return len(self.log) > offset or self.state != state or self._drops != drops

        with self._wake:
            self._wake.wait_for(is_news, timeout=0.5)
            return self.log[offset:], self.state, self._drops != drops

    def stream(self, handler: BaseHTTPRequestHandler, offset: int) -> None:
        """Send the log from a byte on, and the states, until the build has ended."""
        self.streams.append(offset)
        drops, state = self._drops, ""  # the state comes first
        while True:
            data, now, dropped = self._news(offset, state, drops)
            if dropped:
                return
            if data:
                # Like the service: never a half character at the end.
                text = data.decode(errors="ignore")
                event = {"offset": offset, "text": text}
                offset += len(text.encode())
                _send(handler, f"id: {offset}\nevent: log\ndata: {json.dumps(event)}\n\n")
            elif now != state:
                state = now
                facts = json.dumps({"state": now})
                _send(handler, f"event: state\ndata: {facts}\n\n")
                if now not in ("queued", "running"):
                    _send(handler, f"event: end\ndata: {facts}\n\n")
                    return
            else:
                _send(handler, ": still here\n\n")


class Site:
    """A server on a free port; `url` is where it is, `live` the build at /builds/42."""

    def __init__(self) -> None:
        self.live = LiveBuild()
        self.pages = samples.pages()
        self.posts: list[tuple[str, dict[str, list[str]]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                site._get(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                site.posts.append((self.path, parse_qs(body, keep_blank_values=True)))
                self.send_response(303)
                self.send_header("Location", self.headers.get("Referer", "/"))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving; streams that are open end."""
        self.live.drop(broken=True)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query)
        if parts.path.startswith("/static/"):
            _static(handler, parts.path)
        elif parts.path == "/api/builds/42/log/stream":
            if self.live.broken:
                handler.send_error(502)
                return
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            try:
                self.live.stream(handler, int(query["offset"][0]))
            except OSError:
                return  # the reader went away
        elif parts.path == "/builds/42":
            _html(handler, render("build.j2", self.live.context(query)))
        elif parts.path.removeprefix("/page/") in self.pages:
            _html(handler, render(*self.pages[parts.path.removeprefix("/page/")]))
        else:
            _html(handler, render("errors/error.j2", {"status": 404, "detail": "Not found"}), 404)


def _send(handler: BaseHTTPRequestHandler, text: str) -> None:
    handler.wfile.write(text.encode())
    handler.wfile.flush()


def _html(handler: BaseHTTPRequestHandler, html: str, status: int = 200) -> None:
    _answer(handler, status, "text/html; charset=utf-8", html.encode())


def _static(handler: BaseHTTPRequestHandler, path: str) -> None:
    file = Path(ROOT, path.lstrip("/"))
    _answer(handler, 200, TYPES[file.suffix], file.read_bytes())


def _answer(handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Content-Security-Policy", POLICY)
    handler.end_headers()
    handler.wfile.write(body)
