from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import myapp
from myapp.logs import palette

part = st.integers(0, 255)


def test_the_style_sheet_that_is_served_is_the_one_made_here() -> None:
    served = Path(myapp.__file__).parent / "static" / "ansi.css"
    assert served.read_text() == palette.stylesheet()


def test_cube_and_greys_are_xterms() -> None:
    assert palette.colour(16) == (0, 0, 0)
    assert palette.colour(196) == (255, 0, 0)
    assert palette.colour(231) == (255, 255, 255)
    assert palette.colour(232) == (8, 8, 8)
    assert palette.colour(255) == (238, 238, 238)


def test_a_palette_colour_is_nearest_to_itself() -> None:
    for index in range(16, 256):
        assert palette.colour(palette.nearest(*palette.colour(index))) == palette.colour(index)


@given(part, part, part)
def test_nearest_is_an_extended_colour(red: int, green: int, blue: int) -> None:
    assert 16 <= palette.nearest(red, green, blue) <= 255


@given(st.tuples(part, part, part))
def test_every_colour_becomes_readable_in_light_and_dark(wanted: palette.Colour) -> None:
    for ground in (palette.LIGHT_GROUND, palette.DARK_GROUND):
        assert palette.contrast(palette.readable(wanted, ground), ground) >= palette.READABLE


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert palette.readable((0, 0, 0), palette.LIGHT_GROUND) == (0, 0, 0)


def test_text_on_every_coloured_background_can_be_read() -> None:
    for index in range(256):
        colour = palette.colour(index)
        best = max(palette.contrast(end, colour) for end in (palette.BLACK, palette.WHITE))
        assert best >= palette.READABLE
