"""Git's smart HTTP by `git http-backend` (git-http-backend(1)), streaming in both directions."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO

from myapp.demo.repository import environment

CHUNK = 1 << 16
END_SECONDS = 10


def split(path: str) -> tuple[str, str, str] | None:
    """A git address's path as (owner, name, rest), as in /octocat/hello.git/info/refs."""
    parts = path.strip("/").split("/", 2)
    if len(parts) != 3 or ".." in parts[2] or not parts[0] or not parts[1]:
        return None
    if parts[2] not in ("info/refs", "git-upload-pack", "git-receive-pack", "HEAD"):
        return None
    return parts[0], parts[1].removesuffix(".git"), parts[2]


def is_write(rest: str, query: str) -> bool:
    """Whether the request is part of a push."""
    return rest == "git-receive-pack" or "service=git-receive-pack" in query


def serve(
    handler: BaseHTTPRequestHandler,
    repository: Path,
    rest: str,
    query: str,
    *,
    user: str = "",
    before_end: Callable[[], object] | None = None,
) -> None:
    """Answer one request on the bare repository; `user` may push if not empty.

    `before_end` is called when git is through but the client does not know yet.
    """
    process = subprocess.Popen(
        [_backend()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_variables(handler, repository, rest, query, user),
    )
    if process.stdin is None or process.stdout is None:  # never, with PIPE; for the types
        return
    feeder = threading.Thread(target=_feed, args=(handler, process.stdin), daemon=True)
    feeder.start()
    try:
        _relay(handler, process.stdout)
        process.wait(END_SECONDS)
        if before_end:
            before_end()
        handler.wfile.write(b"0\r\n\r\n")
    except (OSError, subprocess.TimeoutExpired):
        handler.close_connection = True
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    feeder.join(END_SECONDS)
    if feeder.is_alive():  # a body that nobody reads is still on its way
        handler.close_connection = True


def body(handler: BaseHTTPRequestHandler) -> Iterator[bytes]:
    """The request's body in pieces, whether its length was told or it comes chunked."""
    if handler.headers.get("Transfer-Encoding", "").lower() == "chunked":
        while size := int(handler.rfile.readline(100).split(b";")[0], 16):
            yield handler.rfile.read(size)
            handler.rfile.readline(100)
        handler.rfile.readline(100)
        return
    left = int(handler.headers.get("Content-Length") or 0)
    while left > 0:
        piece = handler.rfile.read(min(left, CHUNK))
        if not piece:
            raise ConnectionError("the request was cut off")
        left -= len(piece)
        yield piece


@lru_cache(1)
def _backend() -> str:
    path = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    return str(Path(path.stdout.strip()) / "git-http-backend")


def _variables(
    handler: BaseHTTPRequestHandler, repository: Path, rest: str, query: str, user: str
) -> dict[str, str]:
    variables = environment() | {
        "GIT_PROJECT_ROOT": str(repository.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.name}/{rest}",
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "REMOTE_ADDR": str(handler.client_address[0]),
        # The repositories may belong to another account, as when tests run as root.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    for header, name in (
        ("Content-Length", "CONTENT_LENGTH"),
        ("Content-Encoding", "HTTP_CONTENT_ENCODING"),
        ("Git-Protocol", "GIT_PROTOCOL"),
    ):
        if handler.headers.get(header):
            variables[name] = handler.headers[header]
    if user:
        variables["REMOTE_USER"] = user
    return variables


def _feed(handler: BaseHTTPRequestHandler, stdin: IO[bytes]) -> None:
    try:
        for piece in body(handler):
            stdin.write(piece)
    except (OSError, ValueError):
        handler.close_connection = True
    finally:
        with contextlib.suppress(OSError):
            stdin.close()


def _relay(handler: BaseHTTPRequestHandler, stdout: IO[bytes]) -> None:
    status, headers = 200, []
    while line := stdout.readline().rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(": ")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value))
    handler.send_response(status if headers else 500)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while piece := stdout.read1(CHUNK):  # type: ignore[attr-defined]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
