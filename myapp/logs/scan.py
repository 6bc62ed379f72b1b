"""What one pass over a log finds out: where its lines begin and which of them failed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from myapp.logs.failure import is_failure, suspicious

BLOCK = 65536
MOST_FAILURES = 100
_PATIENCE = 50_000  # lines that look suspicious and are none; then the rest is taken as innocent
_LONGEST_CARRY = 8192
Read = Callable[[int, int], bytes]  # (offset, limit) -> the log's bytes there


class Scan:
    """An index of a growing log; a finished one may be kept and asked again and again.

    Feed it the log from its first byte, in pieces of any size; `size` says how far it has come.
    `failures` are the numbers of the first lines that tell of a failure.
    """

    def __init__(self) -> None:
        self.size = 0
        self.newlines = 0
        self.failures: list[int] = []
        self._offsets = [0]  # of blocks
        self._counts = [0]  # newlines before each of them
        self._carry = b""
        self._patience = _PATIENCE

    @property
    def lines(self) -> int:
        """How many lines there are, an unfinished last one included."""
        return self.newlines + (1 if self._carry else 0)

    @property
    def first_failure(self) -> int | None:
        """The number of the first line that tells of a failure."""
        return self.failures[0] if self.failures else None

    def feed(self, data: bytes) -> None:
        """Take in the next piece."""
        for begin in range(0, len(data), BLOCK):
            self._block(data[begin : begin + BLOCK])

    def begin_of(self, line: int, read: Read) -> int:
        """The byte offset at which a line begins; reads at most one block."""
        if line <= 1:
            return 0
        if line > self.newlines + 1:
            return self.size
        # The line begins behind newline number line - 1; it is in the last block with fewer before.
        block = bisect_right(self._counts, line - 2) - 1
        offset = self._offsets[block]
        end = self._offsets[block + 1] if block + 1 < len(self._offsets) else self.size
        data = read(offset, end - offset)
        at = -1
        for _ in range(line - 1 - self._counts[block]):
            at = data.index(b"\n", at + 1)
        return offset + at + 1

    def _block(self, data: bytes) -> None:
        count = data.count(b"\n")
        if len(self.failures) < MOST_FAILURES and self._patience > 0:
            self._look(data)
        self._carry = (
            data[data.rindex(b"\n") + 1 :][:_LONGEST_CARRY]
            if count
            else (self._carry + data)[:_LONGEST_CARRY]
        )
        self.size += len(data)
        self.newlines += count
        if self.size - self._offsets[-1] >= BLOCK // 2:
            self._offsets.append(self.size)
            self._counts.append(self.newlines)

    def _look(self, data: bytes) -> None:
        whole = self._carry + data
        end = whole.rfind(b"\n") + 1
        counted = 0
        number = self.newlines + 1
        for begin in suspicious(whole[:end], self._patience):
            self._patience -= 1
            if is_failure(whole[begin : whole.index(b"\n", begin)]):
                number += whole.count(b"\n", counted, begin)
                counted = begin
                self.failures.append(number)
