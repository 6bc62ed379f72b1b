from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.logs.render import Renderer, coloured, render_log, row
from myapp.logs.screen import COLUMNS

HOSTILE = [
    b"<script>alert(1)</script>",
    b"&lt;b&gt; & <b class='x' onclick=\"x\">",
    b"\x1b[31<script>m",
    b"\x1b[0;?1m",
    b"\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    b"\x1b]0;<img src=x onerror=alert(1)>\x07title",
    b"\xff\xfe\x00\x9b31m",
    "\u202e<i>evil</i>".encode(),
    b'"><svg/onload=x>',
]
CODES = [
    b"\x1b[31m", b"\x1b[1;48;5;200m", b"\x1b[38;2;1;2;3m", b"\x1b[0m", b"\x1b[K", b"\x1b[2K",
    b"\x1b[1K", b"\x1b[5G", b"\x1b[2C", b"\x1b[3D", b"\r", b"\n", b"\r\n", b"\b", b"\t", b"\x1b[",
    b"<b>", b"&amp;", b"\x1b]0;t\x07", b"\x1b(B", "é€😀".encode(),
]  # fmt: skip
terminal = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from([*CODES, *HOSTILE]),
    ),
    max_size=25,
).map(b"".join)


class _Reader(HTMLParser):
    """Collects the tags and attributes of rendered lines, and the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def _html(data: bytes) -> list[str]:
    renderer = Renderer()
    lines = renderer.feed(data)
    rest = renderer.unfinished()
    return [line.html for line in ([*lines, rest] if rest else lines)]


@given(terminal)
def test_nothing_in_a_log_becomes_markup(data: bytes) -> None:
    reader = _Reader()
    reader.feed(str(render_log(data)))
    reader.close()
    assert reader.tags <= {"li", "a", "span", "i"}
    for name, value in reader.attributes:
        assert name in {"id", "href", "class"}
        assert value is not None
        assert value.replace("#", "").replace(" ", "").isalnum()


def test_coloured_text_has_the_lines_and_no_numbers() -> None:
    assert (
        coloured(b"\x1b[31m<a>\nb")
        == '<span class="f1">&lt;a&gt;</span>\n<span class="f1">b</span>'
    )
    assert coloured(b"") == ""


@given(terminal, st.lists(st.integers(0, 400), max_size=6))
def test_pieces_cut_anywhere_render_as_the_whole(data: bytes, cuts: list[int]) -> None:
    whole = Renderer()
    expected = whole.feed(data)
    pieces = Renderer()
    got = []
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in pairwise(places):
        got += pieces.feed(data[begin:end])
    assert got == expected
    assert pieces.unfinished() == whole.unfinished()
    assert (pieces.line_offset, pieces.line_sgr) == (whole.line_offset, whole.line_sgr)


@given(terminal)
def test_going_on_from_any_line_renders_the_same_lines(data: bytes) -> None:
    whole = Renderer()
    lines = whole.feed(data)
    first = Renderer()
    half = data.find(b"\n", len(data) // 2) + 1
    begun = first.feed(data[:half])
    second = Renderer(first.line_offset, first.line, first.line_sgr)
    assert begun + second.feed(data[first.line_offset :]) == lines


@given(terminal)
def test_every_line_knows_its_bytes(data: bytes) -> None:
    lines = Renderer().feed(data)
    assert len(lines) == data.count(b"\n")
    for number, line in enumerate(lines, 1):
        assert line.number == number
        assert line.offset == 0 or data[line.offset - 1 : line.offset] == b"\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"plain", ["plain"]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb", ["a", "b"]),
        (b"10%\r20%\r100%\n", ["100%"]),
        (b"Reading... 99%\rReading... Done", ["Reading... Done"]),
        (b"long text\rshort\x1b[K\n", ["short"]),
        (b"xx\x1b[2Kab", ["  ab"]),
        (b"abc\b\bX", ["aXc"]),
        (b"\x1b[31mred\x1b[0m off", ['<span class="f1">red</span> off']),
        (b"\x1b[1;31mred\ngoes on\x1b[m", ['<span class="f1 ab">red</span>',
                                          '<span class="f1 ab">goes on</span>']),
        (b"\x1b[41ma\x1b[31mb", ['<span class="b1">ab</span>']),
        (b"\x1b]0;title\x07text", ["text"]),
        (b"\x1b(Btext\x1b=\x1b>", ["text"]),
        (b"\x1b[?25lhidden cursor\x1b[?25h", ["hidden cursor"]),
        (b"a\x00\x01b", ["ab"]),
        (b"\xff", ["\ufffd"]),
        (b"a\tb", ["a\tb"]),
        (b"\x1b[3Gc", ["  c"]),
        (b"\x1b", [""]),
        (b"", []),
    ],
)  # fmt: skip
def test_a_terminal_line_is_what_is_left_to_see(data: bytes, expected: list[str]) -> None:
    assert _html(data) == expected


def test_a_character_cut_between_pieces_is_whole() -> None:
    renderer = Renderer()
    assert renderer.feed("é".encode()[:1]) == []
    assert [line.html for line in renderer.feed("é".encode()[1:] + b"\n")] == ["é"]


def test_a_line_of_megabytes_is_cut_and_says_so() -> None:
    (html,) = _html(b"x" * 1_000_000)
    assert len(html) < COLUMNS + 100
    assert "996000 more characters in the raw log" in html


def test_a_progress_line_of_megabytes_shows_its_last_state() -> None:
    assert _html(b"".join(b"%06d\r" % step for step in range(100_000))) == ["099999"]


def test_an_escape_sequence_that_never_ends_does_not_eat_the_log() -> None:
    assert _html(b"\x1b]0;" + b"x" * 10_000 + b"\nnext\n")[1] == "next"


def test_a_row_links_to_itself_and_marks_a_failure() -> None:
    (line,) = Renderer(line=7).feed(b"text\n")
    assert row(line) == '<li id="L7"><a href="#L7">7</a><span>text</span></li>\n'
    assert 'class="failure"' in row(line, failure=True)
