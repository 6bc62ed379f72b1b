"""A build's output on its way out: masked, cut at the limit, in chunks."""

from __future__ import annotations

import time
from collections.abc import Callable

from myapp.runner.mask import Masker

CHUNK = 64 << 10
CHUNK_SECONDS = 0.1
TAIL = 4096
MARK = "==> "  # begins a line of the runner's own


class Output:
    """Takes raw output and gives masked chunks to `emit` (at most 64 KB or 100 ms each)."""

    def __init__(self, emit: Callable[[bytes], None], masker: Masker, limit: int) -> None:
        self._emit = emit
        self._masker = masker
        self._left = limit
        self._limit = limit
        self._cut = False
        self._pending = bytearray()
        self._due: float | None = None
        self._at_line_start = True
        self._lines = b""  # our own, masked, on their way with the next chunk
        self.tail = b""  # the newest raw bytes, for the verdict; they never leave the process
        self.paused = 0.0  # seconds spent waiting for the receiver

    @property
    def due(self) -> float | None:
        """When `flush()` must be called (monotonic seconds), if anything waits."""
        return self._due

    def write(self, data: bytes) -> None:
        """Output of the build."""
        self.tail = (self.tail + data[-TAIL:])[-TAIL:]
        if self._cut:
            return
        self._pending += data
        if self._due is None:
            self._due = time.monotonic() + CHUNK_SECONDS
        while len(self._pending) >= CHUNK:
            self._advance(CHUNK)

    def mark(self, step: str) -> None:
        """A line that says which step begins; it waits for the next chunk or `flush()`."""
        self._say(f"{MARK}{step}\n")

    def command(self, line: str) -> None:
        """A line that says what is being done, as one would type it."""
        self._say(f"$ {line}\n")

    def flush(self) -> None:
        """Give out what waits."""
        self._due = None
        self._advance(len(self._pending))
        self._send(b"")

    def finish(self) -> None:
        """Give out everything, also what might have become a secret."""
        self._advance(len(self._pending))
        self._give(self._masker.finish())
        self.flush()

    def _say(self, line: str) -> None:
        self._advance(len(self._pending))
        self._give(self._masker.finish())
        start = b"" if self._at_line_start else b"\n"
        self._lines += start + self._masker.feed(line.encode()) + self._masker.finish()
        self._at_line_start = True

    def _advance(self, size: int) -> None:
        data = bytes(self._pending[:size])
        del self._pending[:size]
        if data:
            self._give(self._masker.feed(data))

    def _give(self, data: bytes) -> None:
        if self._cut or not data:
            return
        if len(data) <= self._left:
            self._left -= len(data)
            self._send(data)
            return
        end = self._left
        while end > 0 and data[end] & 0xC0 == 0x80:
            end -= 1  # not in the middle of a letter (UTF-8)
        self._cut = True
        self._pending.clear()
        note = f"{MARK}log cut at {self._limit} bytes\n".encode()
        ended = data[:end].endswith(b"\n") if end else self._at_line_start
        self._send(data[:end] + (b"" if ended else b"\n") + note)

    def _send(self, data: bytes) -> None:
        data, self._lines = self._lines + data, b""
        if not data:
            return
        self._at_line_start = data.endswith(b"\n")
        began = time.monotonic()
        self._emit(data)
        self.paused += time.monotonic() - began
