"""Secrets are taken out of a build's output before it goes anywhere.

A streaming masker: the same bytes come out however the input was cut into chunks. It holds back
only the end of a chunk that may be the beginning of a secret.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = b"***"
SHORTEST = 6
BASE64_LINES = (76, 64)  # base64(1) and PEM break their lines there

# Words that stand in every log: masking them would only make it unreadable.
_COMMON_WORDS = """
access account administrator backend branch bucket cluster commit config configuration content
context database default deploy deployment develop development disabled docker enabled environment
example failed failure frontend github google hostname hobotnica install internal localhost master
message module network nothing number object options package passed password postgres postgresql
private process production project public python registry release remote repository request
response running sandbox secret server service session staging standard status string success
testing undefined unknown username version warning 127.0.0.1 example.com 123456
"""
COMMON = frozenset(_COMMON_WORDS.split())


def worth_masking(value: str) -> bool:
    """Whether masking this hides a secret rather than the log: long and particular enough."""
    return len(value) >= SHORTEST and value.lower() not in COMMON and len(set(value)) > 2


def forms(secret: str) -> set[bytes]:
    """Every form of a secret that is masked: itself, its lines, their base64 and URL forms."""
    values = {secret, *(line.strip() for line in secret.splitlines())}
    found: set[bytes] = set()
    for value in values:
        if not worth_masking(value):
            continue
        raw = value.encode("utf-8", "surrogateescape")
        quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
        quoted |= {_lower_escapes(text) for text in quoted}
        quoted.add(json.dumps(value)[1:-1])
        found.add(raw)
        found.update(text.encode() for text in quoted)
        found |= _base64_forms(raw)
    return {needle for needle in found if len(needle) >= SHORTEST}


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return first + "".join("%" + part[:2].lower() + part[2:] for part in rest)


def _base64_forms(raw: bytes) -> set[bytes]:
    found = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw)
        found |= {whole, whole.rstrip(b"=")}
        for width in BASE64_LINES:
            if len(whole) > width:
                found |= {whole[at : at + width] for at in range(0, len(whole), width)}
        for before in range(3):
            # As it looks in the middle of something longer: the letters that its neighbours
            # have no part in.
            code = encode(bytes(before) + raw)
            end = len(code) - (4 if (before + len(raw)) % 3 else 0)
            core = code[(0, 2, 3)[before] : end]
            extra = code[end:].rstrip(b"=")[:-1]
            found.add(core + extra)
    return {needle for needle in found if len(needle) >= 8}


class Masker:
    """Replaces secrets in a stream of bytes; `feed()` chunks, then `finish()`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._needles = sorted({needle for secret in secrets for needle in forms(secret)})
        self._held = b""
        self._covered = 0  # how many held bytes belong to a mask that is out already

    def __repr__(self) -> str:
        return f"Masker({len(self._needles)} forms)"

    def feed(self, data: bytes) -> bytes:
        """What can go out now."""
        if not self._needles:
            return data
        buffer = self._held + data
        return self._release(buffer, self._doubtful(buffer))

    def finish(self) -> bytes:
        """The rest: nothing more comes."""
        return self._release(self._held, len(self._held))

    def _release(self, buffer: bytes, end: int) -> bytes:
        out: list[bytes] = []
        done = self._covered
        for start, stop in self._found(buffer):
            if start >= end:
                break
            if start >= done:
                out += (buffer[done:start], MASK)
            done = max(done, stop)
        if done < end:
            out.append(buffer[done:end])
        self._held = buffer[end:]
        self._covered = max(0, done - end)
        return b"".join(out)

    def _found(self, buffer: bytes) -> list[tuple[int, int]]:
        spans = []
        for needle in self._needles:
            at = buffer.find(needle)
            while at >= 0:
                spans.append((at, at + len(needle)))
                at = buffer.find(needle, at + 1)
        return sorted(spans)

    def _doubtful(self, buffer: bytes) -> int:
        """Where the end begins that may turn out to be a secret."""
        earliest = len(buffer)
        for needle in self._needles:
            at = buffer.find(needle[:1], max(0, len(buffer) - len(needle) + 1))
            while 0 <= at < earliest:
                if needle.startswith(buffer[at:]):
                    earliest = at
                at = buffer.find(needle[:1], at + 1)
        return earliest
