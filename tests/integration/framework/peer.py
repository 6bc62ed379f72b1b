"""A GitHub that misbehaves by path, and counts what reaches it."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from typing import Any

from tests.support.http_server import Handler, Server, cut

BIG = 2 << 20


class PeerHandler(Handler):
    server: Peer

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self.body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        with self.server.lock:
            self.server.seen[f"{self.command} {path}"] += 1
            self.server.last = {"path": self.path, "headers": self.headers, "body": self.body}
        kind, _, argument = path.strip("/").partition("/")
        getattr(self, f"on_{kind.replace('-', '_')}", self.on_echo)(argument)

    def on_echo(self, _: str) -> None:
        self.send(200, self.body or b"{}", {"Content-Type": "application/json", "X-Two": "2"})

    def on_status(self, code: str) -> None:
        self.send(int(code), b"<html>no JSON</html>", {"Content-Type": "text/html"})

    def on_bad_json(self, _: str) -> None:
        self.send(200, b'{"data": {', {"Content-Type": "application/json"})

    def on_vnd(self, _: str) -> None:
        self.send(200, b"{}", {"Content-Type": "application/vnd.github+json; charset=utf-8"})

    def on_cached(self, _: str) -> None:
        who = self.headers.get("Authorization", "nobody").encode()
        self.send(200, who, {"Cache-Control": "private, max-age=600"})

    def on_empty(self, _: str) -> None:
        self.send(204)

    def on_large(self, _: str) -> None:
        self.send(200, b"x" * BIG)

    def on_endless(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while not self.server.stopping.is_set():
                self.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        except OSError:
            self.close_connection = True

    def on_chunked(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    def on_until_closed(self, _: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"to the end")

    def on_half(self, _: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        cut(self.connection)

    def on_close(self, _: str) -> None:
        self.close_connection = True
        cut(self.connection)

    def on_garbage(self, _: str) -> None:
        self.close_connection = True
        self.wfile.write(b"this is not HTTP\r\n\r\n")

    def on_hang(self, _: str) -> None:
        self.server.stopping.wait(120)
        self.close_connection = True

    def on_drip(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while not self.server.stopping.wait(0.05):
                self.wfile.write(b".")
        except OSError:
            self.server.ended_drips.set()
            self.close_connection = True

    def on_late(self, milliseconds: str) -> None:
        time.sleep(int(milliseconds) / 1000)
        self.on_echo("")

    def on_kept(self, _: str) -> None:
        """Says that the connection stays open, then closes it a moment later."""
        self.on_echo("")
        self.close_connection = True


class Peer(Server):
    """`seen["POST /close"]` counts, `last` is the latest request, `closed` counts connections."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(PeerHandler, tls)
        self.lock = threading.Lock()
        self.seen: Counter[str] = Counter()
        self.last: dict[str, Any] = {}
        self.ended_drips = threading.Event()
        self.closed = 0

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.lock:
            self.closed += 1

    def __enter__(self) -> Peer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
