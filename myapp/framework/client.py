"""The stub side of the set: verified TLS, the system's resolver, nothing sent twice.

Each function here replaces one of skitai/protocols/sock; the fault is named beside it.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any

from myapp.framework.compat import (
    asynchat,
    asynconnect,
    client_handler,
    client_response,
    socketpool,
)

log = logging.getLogger("hobotnica.client")

CLOSED, FAILED, TIMED_OUT, NO_NAME, TLS_FAILED, TOO_LARGE = 700, 701, 702, 704, 713, 719
KNOWN_FOR = 60.0
UNKNOWN_FOR = 2.0

Address = tuple[int, Any]
_context: ssl.SSLContext | None = None
_addresses: dict[tuple[str, int], tuple[float, list[Address]]] = {}


def known(host: str, port: int) -> bool:
    """Whether `resolve` has answered for this name not long ago."""
    entry = _addresses.get((host, port))
    return entry is not None and entry[0] > time.monotonic()


def resolve(host: str, port: int) -> None:
    """Ask the system's resolver (blocking: in `was.Thread`); the set's own knows no /etc/hosts."""
    found: list[Address] = []
    with contextlib.suppress(OSError, UnicodeError):
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if family in (socket.AF_INET, socket.AF_INET6):
                found.append((family, address))
    found.sort(key=lambda item: item[0] != socket.AF_INET)
    lifetime = KNOWN_FOR if found else UNKNOWN_FOR
    _addresses[host, port] = (time.monotonic() + lifetime, found)


def prefer_next_address(host: str, port: int) -> None:
    """After a failure try the name's other addresses first."""
    entry = _addresses.get((host, port))
    if entry is not None and len(entry[1]) > 1:
        entry[1].append(entry[1].pop(0))


def _connect(self: Any) -> None:
    # asynconnect.py:236 asks DNS itself, IPv4 only; the name stays `address` for SNI and the check.
    _, addresses = _addresses.get(tuple(self.address), (0, []))
    if not addresses:
        self.handle_close(NO_NAME, f"the name {self.address[0]} is unknown")
        return
    family, address = addresses[0]
    self.initialize_connection()
    self.create_socket(family, socket.SOCK_STREAM)
    try:
        asynchat.async_chat.connect(self, address)
    except OSError:
        self.handle_error(FAILED)


def _handle_error(self: Any, code: int = FAILED) -> None:
    # asynconnect.py:330 logs a traceback and calls a refused connection a TLS failure.
    error = sys.exc_info()[1]
    broken_off = ssl.SSLEOFError | ssl.SSLZeroReturnError
    if code == TLS_FAILED and (
        not isinstance(error, ssl.SSLError) or isinstance(error, broken_off)
    ):
        code = FAILED
    if error is not None and not isinstance(error, OSError) and code == FAILED:
        log.warning("unexpected while talking to %s:%s", *self.address, exc_info=error)
    self.handle_close(code, _sentence(error))


def _sentence(error: BaseException | None) -> str:
    if error is not None and error.args and isinstance(error.args[0], Exception):
        error = error.args[0]  # the handshake wraps the real one (asynconnect.py:440)
    message = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error
    return str(message or "")


class Response(client_response.Response):
    """An answer of at most `meta["limit"]` bytes, of any content type, as it came.

    The set's own refuses types other than Accept's (718, so an error page is lost), keeps a cache
    by address without the token and unpacks without a limit.
    """

    too_large = False

    def get_mcl(self) -> int:
        """The size limit."""
        return int(self.request.meta.get("limit", 0))

    def check_accept(self) -> None:
        """Take every type: an error page must reach the caller."""

    def init_buffer(self) -> None:
        """Nothing to prepare."""

    def check_max_content_length(self) -> int | None:
        """The announced length if it is too large."""
        length = super().check_max_content_length()
        return int(length) if length else None

    def collect_incoming_data(self, data: bytes) -> None:
        """Keep the bytes, up to the limit."""
        self.size += len(data)
        if self.mcl and self.size > self.mcl:
            self.too_large = True
            raise client_response.ContentLimitReached
        self.parts.append(data)

    def __init__(self, request: Any, header: str) -> None:
        self.parts: list[bytes] = []
        super().__init__(request, header)

    def done(self) -> None:
        """The body is complete."""
        self.got_all_data = True

    @property
    def body(self) -> bytes:
        """What came."""
        return b"".join(self.parts)

    @property
    def complete(self) -> bool:
        """False when the peer went away half-way (the set takes that for an answer)."""
        framed = self.get_header("content-length") or self.get_header("transfer-encoding")
        return bool(self.got_all_data or not framed)


_connection_closed = client_handler.RequestHandler.connection_closed
_handle_request = client_handler.RequestHandler.handle_request


def _send_once(self: Any, why: int, message: str) -> Any:
    self.retry_count = 1  # request_handler.py:248 would send the request again, a POST too
    return _connection_closed(self, why, message)


def _reuse_only_live(self: Any) -> None:
    # A kept connection that is stale or closed is given up before anything is written: the set
    # writes first, reconnects and, over TLS, writes again (asynconnect.py:355, handler:303).
    connection = self.asyncon
    if connection.connected and (_is_stale(connection) or _is_readable(connection.socket)):
        connection.disconnect()
    _handle_request(self)


def _is_stale(connection: Any) -> bool:
    return bool(time.time() - connection.event_time > connection.keep_alive)


def _is_readable(sock: Any) -> bool:
    """Bytes or an end on a connection nobody asked anything: it is of no more use."""
    try:
        poller = select.poll()
        poller.register(sock.fileno(), select.POLLIN)
        return bool(poller.poll(0))
    except (OSError, ValueError):
        return True


class Http1Context(ssl.SSLContext):
    """A verifying context that offers no HTTP/2: the stub speaks 1.1."""

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        """Offer nothing."""


def verifying_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Certificate and host name are checked, by the system's authorities and `ca_file`."""
    context = Http1Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def install(ca_file: Path | None = None) -> None:
    """Replace what is unsafe; a `ca_file`, once given, stays. OSError when it is no PEM file."""
    global _context  # noqa: PLW0603
    if _context is None or ca_file is not None:
        _context = verifying_context(ca_file)
    context = _context
    # asynconnect.py:427 makes a context that checks nothing; one is shared, loading costs 20 ms
    asynconnect.create_urllib3_context = lambda **_: context
    asynconnect.AsynConnect.connect = _connect
    asynconnect.AsynConnect.handle_error = _handle_error
    client_response.Response = Response
    client_handler.RequestHandler.connection_closed = _send_once
    client_handler.RequestHandler.handle_request = _reuse_only_live
    # task.py:463 asks again once for every host ever spoken to
    socketpool.SocketPool.get_nodes = lambda _: [None]
