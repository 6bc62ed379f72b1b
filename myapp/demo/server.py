"""The pretended GitHub's HTTP side: GraphQL, REST, git and one page, on the loopback interface.

Laid out as GitHub Enterprise: REST under /api/v3, GraphQL at /api/graphql, git beside them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from myapp.demo import deliveries, graphql, page, repository, rest, smart_http
from myapp.demo.world import FULL_NAME, LOGIN, World

BODY_LIMIT = 1 << 20
BAD_CREDENTIALS = {"message": "Bad credentials", "status": "401"}


class DemoServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; `push` is what the page's button does."""

    daemon_threads = True
    world: World
    push: Callable[[], object] | None = None

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.world = World.create(directory, f"http://127.0.0.1:{self.server_port}")

    def start(self) -> None:
        """Serve from a thread of its own until `stop`."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Stop serving and close the port."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: DemoServer

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log: the terminal belongs to the service."""

    def do_GET(self) -> None:
        """Answer whatever the method, by the path."""
        path, _, query = self.path.partition("?")
        git = smart_http.split(path)
        if git:
            self._git(git, query)
        elif path.startswith("/api/"):
            self._api(path)
        elif self.command == "POST" and path == "/push":
            self._push()
        elif self.command == "GET" and path.strip("/") in ("", FULL_NAME, LOGIN):
            self._send(200, page.render(self.server.world).encode(), "text/html; charset=utf-8")
        elif self.command == "GET" and re.match(rf"/{FULL_NAME}/(commit|tree)/", path):
            self._redirect("/")
        else:
            self._json(404, {"message": "Not Found", "status": "404"})

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names that http.server calls

    def _git(self, place: tuple[str, str, str], query: str) -> None:
        world = self.server.world
        if not world.knows(self._password()):
            text = b"Invalid username or token."
            self._send(401, text, "text/plain", {"WWW-Authenticate": 'Basic realm="GitHub"'})
        elif f"{place[0]}/{place[1]}".lower() != FULL_NAME:
            self._send(404, b"Repository not found.", "text/plain")
        else:
            before = repository.refs(world.directory)
            smart_http.serve(self, world.directory, place[2], query, user=LOGIN)
            if place[2] == "git-receive-pack":
                self._tell(before, repository.refs(world.directory))

    def _tell(self, before: dict[str, str], after: dict[str, str]) -> None:
        """Deliver one push event a changed ref, from a thread: the client has its answer."""
        world, nothing = self.server.world, "0" * 40
        for ref in sorted(before.keys() | after.keys()):
            old, new = before.get(ref, nothing), after.get(ref, nothing)
            if old != new:
                payload = deliveries.push_payload(world, ref, old, new)
                threading.Thread(
                    target=deliveries.deliver, args=(world, "push", payload), daemon=True
                ).start()

    def _api(self, path: str) -> None:
        world = self.server.world
        body = self._body()
        token = self.headers.get("Authorization", "").partition(" ")[2].strip()
        if not world.knows(token):
            self._json(401, BAD_CREDENTIALS)
        elif path == "/api/graphql" and self.command == "POST":
            variables = body.get("variables")
            found = graphql.answer(
                world,
                str(body.get("operationName")),
                variables if isinstance(variables, dict) else {},
            )
            self._json(200, found)
        elif path.startswith("/api/v3/"):
            place = path.removeprefix("/api/v3")
            self._json(*rest.answer(world, self.command, place, body))
        else:
            self._json(*rest.NOT_FOUND)

    def _push(self) -> None:
        self._body()
        # A page of another site must not be able to push here.
        origin = self.headers.get("Origin")
        if origin not in (None, self.server.world.address) or self.server.push is None:
            self._json(403, {"message": "Forbidden", "status": "403"})
            return
        self.server.push()
        self._redirect("/")

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, BODY_LIMIT))
        self.close_connection = length > BODY_LIMIT
        try:
            found = json.loads(raw)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _password(self) -> str:
        try:
            text = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        except binascii.Error:
            return ""
        return text.decode("utf-8", "replace").partition(":")[2]

    def _json(self, status: int, body: Any) -> None:
        raw = b"" if body is None else json.dumps(body).encode()
        self._send(status, raw, "application/json; charset=utf-8")

    def _redirect(self, place: str) -> None:
        self._send(303, b"", "text/plain", {"Location": place})

    def _send(
        self, status: int, raw: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)
