"""Ways in which GitHub fails, to be ordered for the next requests.

`github.fail("500")`, `github.fail("rate-limited", on="POST /repos", times=2)`,
`github.fail(Fault("answer", status=418))`.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field, replace

from tests.support.http_server import Handler, cut


def _message(text: str) -> bytes:
    return json.dumps({"message": text, "documentation_url": "https://docs.github.com"}).encode()


@dataclass(frozen=True)
class Fault:
    """`how` is answer, slow (the right answer, later), closed, half or drip."""

    how: str
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0


JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
BIG = b"[" + b"0," * (8 << 20) + b"0]"

FAULTS = {
    "500": Fault("answer", 500, _message("Server Error"), JSON),
    "502-html": Fault("answer", 502, b"<html><h1>502 Bad Gateway</h1></html>", HTML),
    "200-html": Fault("answer", 200, b"<html>Welcome to this network</html>", HTML),
    "bad-json": Fault("answer", 200, b'{"data": {"viewer"', JSON),
    "too-many": Fault("answer", 429, _message("Too many requests"), {**JSON, "Retry-After": "2"}),
    "secondary-limit": Fault(
        "answer",
        403,
        _message("You have exceeded a secondary rate limit. Please wait."),
        {**JSON, "Retry-After": "2"},
    ),
    "rate-limited": Fault(
        "answer",
        403,
        _message("API rate limit exceeded for user ID 1."),
        {**JSON, "X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000"},
    ),
    "401": Fault("answer", 401, _message("Bad credentials"), JSON),
    "403": Fault("answer", 403, _message("Resource not accessible by integration"), JSON),
    "404": Fault("answer", 404, _message("Not Found"), JSON),
    "too-large": Fault("answer", 200, BIG, JSON),
    "slow": Fault("slow"),
    "hang": Fault("slow", seconds=3600),
    "closed": Fault("closed"),
    "half": Fault("half"),
    "drip": Fault("drip", seconds=0.2),
}


@dataclass
class _Order:
    on: str
    fault: Fault
    times: int


class FaultQueue:
    """Faults in the order in which they were ordered, each for matching requests."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []
        self._lock = threading.Lock()

    def add(self, fault: str | Fault, on: str, times: int, seconds: float | None) -> None:
        """Fail the next `times` requests whose "METHOD /path" or operation begins with `on`."""
        found = FAULTS[fault] if isinstance(fault, str) else fault
        if seconds is not None:
            found = replace(found, seconds=seconds)
        with self._lock:
            self._orders.append(_Order(on, found, times))

    def clear(self) -> None:
        """Forget what was ordered and has not happened yet."""
        with self._lock:
            self._orders.clear()

    def take(self, *names: str) -> Fault | None:
        """The fault that is due for a request of these names."""
        with self._lock:
            for order in self._orders:
                if any(name.startswith(order.on) for name in names):
                    order.times -= 1
                    if order.times <= 0:
                        self._orders.remove(order)
                    return order.fault
        return None


def perform(handler: Handler, fault: Fault) -> bool:
    """Do the fault to the request; True if the right answer is still to be given."""
    stopping = handler.server.stopping
    if fault.how == "slow":
        stopping.wait(fault.seconds)
        return not stopping.is_set()
    if fault.how == "answer":
        handler.send(fault.status, fault.body, _with_reset(fault.headers))
        return False
    handler.close_connection = True
    if fault.how == "closed":
        cut(handler.connection)
    elif fault.how == "half":
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"data": ')
        cut(handler.connection)
    elif fault.how == "drip":
        drip(handler, fault.seconds)
    return False


def drip(handler: Handler, seconds: float) -> None:
    """Begin an answer and send one byte of it each `seconds`, until the client goes away."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.server.stopping.wait(seconds):
            handler.wfile.write(b" ")


def _with_reset(headers: dict[str, str]) -> dict[str, str]:
    if headers.get("X-RateLimit-Remaining") != "0":
        return headers
    return {**headers, "X-RateLimit-Reset": str(int(time.time()) + 30)}
