"""Server-sent events: at once, to many, nothing left of who went away (docs/framework.md, 12)"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.integration.framework.server import AppServer, memory_of
from tests.support.wait import wait_until


class Reader:
    """One connected client, read without a thread."""

    def __init__(self, port: int, path: str = "/streams/lines", headers: str = "") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        self.seen = b""

    def read_until(self, text: bytes, timeout: float = 10) -> bytes:
        self.sock.settimeout(timeout)
        while text not in self.seen:
            part = self.sock.recv(65536)
            if not part:
                raise AssertionError(f"closed before {text!r}: {self.seen!r}")
            self.seen += part
        return self.seen

    def close(self) -> None:
        self.sock.close()


@pytest.fixture
def lines(server: AppServer) -> Iterator[AppServer]:
    server.client.delete("/streams/lines")
    yield server
    wait_until(lambda: _open(server) == 0, 20, what="all streams have ended")


def _open(server: AppServer) -> int:
    return int(server.client.get("/streams/open").json()["now"])


def _add(server: AppServer, line: str) -> None:
    server.client.post("/streams/lines", content=line)


def test_a_line_arrives_at_once_and_the_end_ends_the_stream(lines: AppServer) -> None:
    _add(lines, "before")
    reader = Reader(lines.port)
    head = reader.read_until(b'data: "before"\n\n')
    assert b"text/event-stream" in head
    assert b"event: log\nid: 1\n" in head
    started = time.monotonic()
    _add(lines, "live")
    reader.read_until(b'data: "live"\n\n')
    assert time.monotonic() - started < 1.5  # the set's poll is 3 s
    _add(lines, "the end")
    assert reader.read_until(b"0\r\n\r\n").endswith(b'data: "the end"\n\n\r\n0\r\n\r\n')
    reader.close()


def test_a_reader_that_comes_back_gets_what_it_has_not_seen(lines: AppServer) -> None:
    for number in range(5):
        _add(lines, f"line {number}")
    _add(lines, "the end")
    reader = Reader(lines.port, headers="Last-Event-ID: 4\r\n")
    seen = reader.read_until(b'"the end"\n\n')
    assert b"line 3" not in seen
    assert b"id: 5\n" in seen
    reader.close()


def test_a_request_sent_behind_a_stream_does_not_break_into_it(lines: AppServer) -> None:
    reader = Reader(lines.port)
    reader.read_until(b": stream\n\n")
    reader.sock.sendall(b"GET /endings/plain/answer HTTP/1.1\r\nHost: x\r\n\r\n")
    _add(lines, "the end")
    seen = reader.read_until(b"0\r\n\r\n")
    assert seen.count(b"HTTP/1.1 ") == 1
    assert reader.sock.recv(10) == b""
    reader.close()


def test_a_silent_stream_has_a_heartbeat(lines: AppServer) -> None:
    reader = Reader(lines.port, "/streams/lines?heartbeat=0.1")
    reader.read_until(b": still here\n\n")
    reader.close()


def test_200_readers_get_every_line_and_vanish_without_a_trace(lines: AppServer) -> None:
    readers = [Reader(lines.port) for _ in range(200)]
    for reader in readers:
        reader.read_until(b": stream\n\n")
    assert _open(lines) == 200
    for line in ("first", "second"):
        started = time.monotonic()
        _add(lines, line)
        for reader in readers:
            reader.read_until(f'data: "{line}"'.encode())
        assert time.monotonic() - started < 2.5
    for reader in readers:
        reader.close()
    # No line is added and the heartbeat is 15 s: the closed connections alone end the streams.
    wait_until(lambda: _open(lines) == 0, 5, what="vanished readers are noticed")


def test_a_reader_that_takes_nothing_does_not_fill_the_memory(lines: AppServer) -> None:
    reader = Reader(lines.port)
    reader.read_until(b": stream\n\n")
    before = memory_of(lines)
    for number in range(1, 31):
        _add(lines, "x" * 900_000)
        assert memory_of(lines) - before < (number * 2 << 20) + (40 << 20)  # the lines themselves
    _add(lines, "the end")
    assert reader.read_until(b'"the end"', 30).count(b"event: log") == 31
    reader.close()


def test_an_error_in_the_first_reading_is_still_a_plain_error(server: AppServer) -> None:
    answer = server.client.get("/streams/lines", headers={"Last-Event-ID": "none"})
    assert answer.status_code == 500
