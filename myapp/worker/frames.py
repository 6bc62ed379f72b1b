"""Messages between the worker and a build's supervising process: a kind, a length, bytes.

To the supervising process: `job` (JSON), `stop` (JSON: state and reason). From it: `pid`, `step`,
`log`, `result`. The stream's end means that the other side is gone.
"""

from __future__ import annotations

import socket
import struct

HEADER = struct.Struct("!cI")
KINDS = {"job": b"J", "stop": b"C", "pid": b"P", "step": b"S", "log": b"L", "result": b"R"}
_NAMES = {code: name for name, code in KINDS.items()}
LARGEST = 64 << 20


def pack(kind: str, data: bytes) -> bytes:
    """One frame."""
    return HEADER.pack(KINDS[kind], len(data)) + data


def read(connection: socket.socket) -> tuple[str, bytes] | None:
    """The next frame of a blocking socket, None at the end."""
    frames = Frames()
    while True:
        # Never more than this frame: what follows belongs to the next reader.
        data = connection.recv(frames.missing)
        if not data:
            return None
        for frame in frames.feed(data):
            return frame


class Frames:
    """Puts frames together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def missing(self) -> int:
        """How many bytes the frame at hand still lacks, as far as is known."""
        if len(self._buffer) < HEADER.size:
            return HEADER.size - len(self._buffer)
        return HEADER.size + HEADER.unpack_from(self._buffer)[1] - len(self._buffer)

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """Every frame that is complete with this data; ValueError if it is no frame."""
        self._buffer += data
        found = []
        while len(self._buffer) >= HEADER.size:
            code, size = HEADER.unpack_from(self._buffer)
            if code not in _NAMES or size > LARGEST:
                raise ValueError("not a frame")
            end = HEADER.size + size
            if len(self._buffer) < end:
                break
            found.append((_NAMES[code], bytes(self._buffer[HEADER.size : end])))
            del self._buffer[:end]
        return found
