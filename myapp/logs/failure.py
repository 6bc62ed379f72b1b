"""Which line of a log says that something failed: where a reader wants to begin."""

from __future__ import annotations

import re

# Only lines with one of these are looked at closely; finding them is cheap in megabytes.
WORDS = (
    b"*** ", b"Traceback (", b"FAIL", b"ERROR", b"ERR!", b"rror: ", b"rror[", b"Exception: ",
    b"npm error", b"panic", b"not ok ", b"fatal: ", b"not found", b"Segmentation fault", b"Killed",
    b"E   ", "✕".encode(), "✗".encode(), "✘".encode(),
)  # fmt: skip
_ENOUGH = 2000
_ANSI = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B])")
_FAILURE = re.compile(
    rb"""
      (?:g?make(?:\[\d+\])?:\ \*\*\*\ (?!.*\(ignored\)))
    | Traceback\ \(most\ recent\ call\ last\)
    | =+\ (?:FAILURES|ERRORS)\ =+
    | (?:FAILED|FAIL|ERROR)(?:[:\ \t]|$)(?!.*\b0\ fail)
    | \s*---\ FAIL:                                    # go test
    | E\ \ \ +\S                                       # pytest
    | [^\s:]+:\d+(?::\d+)?:\ (?:fatal\ )?error:\  # compilers
    | (?:error|fatal\ error|fatal)(?:\[\w+\])?:\ \S    # rustc, git, ld
    | [\w.]*(?:Error|Exception):\ \S                  # an exception without its traceback
    | thread\ '.*'\ .*panicked\ at | panic:\ \S        # Rust, Go
    | npm\ (?:ERR!|error)\ | not\ ok\ \d               # npm, TAP
    | \s*(?:\xe2\x9c\x95|\xe2\x9c\x97|\xe2\x9c\x98)\ \S  # jest, mocha
    | \S*sh:\ .*:\ (?:command\ )?not\ found$           # the shell
    | Segmentation\ fault | Killed$
    """,
    re.VERBOSE,
)


def is_failure(line: bytes) -> bool:
    """Whether this line, colours left aside, tells of a failure."""
    # Of a progress line only the last state counts; 2,000 bytes are enough to tell.
    plain = line[-_ENOUGH:].rstrip().rsplit(b"\r", 1)[-1] if b"\r" in line else line[:_ENOUGH]
    if b"\x1b" in plain:
        plain = _ANSI.sub(b"", plain)
    return _FAILURE.match(plain.rstrip()) is not None


def suspicious(data: bytes, most: int) -> list[int]:
    """Where the lines with one of the telling words begin, in order, at most about `most`."""
    begins: set[int] = set()
    for word in WORDS:
        at = data.find(word)
        while at >= 0 and len(begins) < most:
            begins.add(data.rfind(b"\n", 0, at) + 1)
            end = data.find(b"\n", at)
            at = data.find(word, end) if end >= 0 else -1
    return sorted(begins)
