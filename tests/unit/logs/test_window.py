from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from myapp.logs.render import Renderer, render_log
from myapp.logs.scan import Scan
from myapp.logs.window import HTML_SIZE, LINES, Window, open_window

LONG = b"".join(b"line %d of the log\n" % number for number in range(1, 10_001))


def _open(data: bytes, **where: object) -> Window:
    scan = Scan()
    scan.feed(data)
    return open_window(lambda at, n: data[at : at + n], scan, **where)  # type: ignore[arg-type]


def _numbers(window: Window) -> list[int]:
    return [int(number) for number in re.findall(r'<li id="L(\d+)"', window.html)]


def test_a_short_log_is_there_as_a_whole() -> None:
    window = _open(b"one\ntwo\nthr")
    assert (window.first, window.last, window.total, window.live) == (1, 3, 3, True)
    assert (window.next_offset, window.next_line) == (8, 3)
    assert window.html == render_log(b"one\ntwo\nthr")


def test_an_empty_log_makes_an_empty_live_window() -> None:
    window = _open(b"")
    assert (window.html, window.first, window.last, window.live) == ("", 0, 0, True)
    assert (window.next_offset, window.next_line) == (0, 1)


def test_without_a_wish_the_end_is_shown() -> None:
    window = _open(LONG)
    assert (window.first, window.last, window.live) == (10_000 - LINES + 1, 10_000, True)
    assert window.next_offset == len(LONG)


def test_a_wished_line_begins_the_window() -> None:
    window = _open(LONG, start=5000)
    assert (window.first, window.last, window.live) == (5000, 5000 + LINES - 1, False)


def test_a_wished_line_ends_the_window() -> None:
    window = _open(LONG, end=5000)
    assert (window.first, window.last) == (5000 - LINES + 1, 5000)
    assert _open(LONG, end=10).first == 1
    assert _open(LONG, end=10).last == 10


def test_lines_outside_of_the_log_are_its_ends() -> None:
    assert _open(LONG, start=10**9).last == 10_000
    assert _open(LONG, start=-5).first == 1
    assert _open(LONG, end=10**9).last == 10_000


def test_the_failure_is_in_the_window_and_marked() -> None:
    data = LONG + b"FAILED tests/test_x.py <b>\n" + LONG
    window = _open(data, at_failure=True)
    assert window.failure == 10_001
    assert window.failure_text == "FAILED tests/test_x.py <b>"
    assert '<li id="L10001" class="failure">' in window.html
    assert "&lt;b&gt;" in window.html
    assert not window.live


def test_without_a_failure_the_end_is_shown() -> None:
    assert _open(LONG, at_failure=True).last == 10_000


def test_colour_heavy_lines_do_not_make_a_page_too_large() -> None:
    data = b"".join(b"\x1b[38;5;%dmx" % (n % 256) for n in range(300)) + b"\n"
    window = _open(data * 1000)
    assert len(window.html) <= HTML_SIZE
    assert window.last == 1000


@given(
    st.lists(st.sampled_from([b"a\n", b"\x1b[31mred\n", b"error: <x>\n", b"tail"]), max_size=900),
    st.one_of(st.none(), st.integers(-3, 1000)),
    st.one_of(st.none(), st.integers(-3, 1000)),
    st.booleans(),
)
def test_a_window_is_a_part_of_the_whole(
    parts: list[bytes], start: int | None, end: int | None, at_failure: bool
) -> None:
    data = b"".join(parts)
    window = _open(data, start=start, end=end, at_failure=at_failure)
    numbers = _numbers(window)
    assert numbers == list(range(window.first, window.last + 1)) or not data
    if window.live:
        whole = Renderer()
        whole.feed(data)
        assert (window.next_offset, window.next_line) == (whole.line_offset, whole.line)
