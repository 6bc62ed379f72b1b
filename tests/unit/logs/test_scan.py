from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from myapp.logs.failure import is_failure
from myapp.logs.scan import BLOCK, Scan

pieces = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from([b"\n", b"error: x\n", b"make: *** [t] Error 1\n", b"err", b"or: split\n"]),
        st.integers(1, BLOCK).map(lambda size: b"x" * size),
        st.integers(1, 400).map(lambda count: b"some line of a log\n" * count),
    ),
    max_size=20,
)


@given(pieces)
def test_line_beginnings_are_where_the_newlines_say(parts: list[bytes]) -> None:
    data = b"".join(parts)
    scan = Scan()
    for part in parts:
        scan.feed(part)
    begins = [0, *(at + 1 for at, byte in enumerate(data) if byte == 10)]
    assert scan.size == len(data)
    assert scan.lines == len(data.splitlines(keepends=True)) or b"\r" in data or _odd(data)
    for number in {1, 2, 3, len(begins) // 2, len(begins) - 1, len(begins)}:
        if 1 <= number <= len(begins):
            assert scan.begin_of(number, lambda at, n: data[at : at + n]) == begins[number - 1]
    assert scan.begin_of(len(begins) + 5, lambda at, n: data[at : at + n]) == len(data)


def _odd(data: bytes) -> bool:
    return any(byte in data for byte in (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x85"))


@given(pieces)
def test_failures_are_found_however_the_log_is_cut(parts: list[bytes]) -> None:
    data = b"".join(parts)
    scan = Scan()
    for part in parts:
        scan.feed(part)
    finished = data.split(b"\n")[:-1]
    expected = [n for n, line in enumerate(finished, 1) if is_failure(line) and len(line) < 2000]
    assert scan.failures[: len(expected)] == expected or any(len(p) > 1999 for p in finished)


def test_a_log_without_newline_is_one_line() -> None:
    scan = Scan()
    scan.feed(b"x" * 200_000)
    assert (scan.lines, scan.size, scan.first_failure) == (1, 200_000, None)


def test_an_empty_log_has_no_line() -> None:
    assert Scan().lines == 0
