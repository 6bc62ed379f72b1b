from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.logs.style import PLAIN, Style, apply_sgr, classes, sgr


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("31", Style(fg=1)),
        ("1;31", Style(fg=1, bold=True)),
        ("97", Style(fg=15)),
        ("44", Style(bg=4)),
        ("107", Style(bg=15)),
        ("38;5;208", Style(fg=208)),
        ("48;5;17;1", Style(bg=17, bold=True)),
        ("38;2;255;0;0", Style(fg=196)),
        ("38:5:208", Style(fg=208)),
        ("38:2:255:0:0", Style(fg=196)),
        ("38:2::255:0:0", Style(fg=196)),
        ("58;5;9;4", Style(underline=True)),
        ("4:3", Style(underline=True)),
        ("4:0", PLAIN),
        ("31;0", PLAIN),
        ("31;", PLAIN),
        ("31;39", PLAIN),
        ("42;49", PLAIN),
        ("1;2;3;4;7;9;22;23;24;27;29", PLAIN),
        ("31;99999999999999999999", PLAIN),
        ("38;5", PLAIN),
        ("38;2;1", PLAIN),
        ("38;5;999", PLAIN),
        ("38", PLAIN),
        ("?25", PLAIN),
        (">4;1", PLAIN),
        ("31;?1", PLAIN),
    ],
)
def test_codes_make_the_style(codes: str, expected: Style) -> None:
    assert apply_sgr(PLAIN, codes) == expected


@given(st.text(alphabet="0123456789;:<=>?", max_size=60))
def test_any_codes_make_a_style_that_its_own_codes_bring_back(codes: str) -> None:
    style = apply_sgr(PLAIN, codes)
    assert (apply_sgr(PLAIN, sgr(style)) if sgr(style) else PLAIN) == style
    assert all(name.isalnum() for name in classes(style).split())


def test_inverse_swaps_the_colours() -> None:
    assert classes(Style(fg=1, inverse=True)) == "b1"
    assert classes(Style(bg=1, inverse=True)) == "f1"
    assert classes(Style(inverse=True)) == "av"


def test_text_on_a_background_leaves_its_colour_to_the_background() -> None:
    assert classes(Style(fg=0, bg=0, bold=True)) == "b0 ab"
