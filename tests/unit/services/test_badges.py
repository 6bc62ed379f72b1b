from __future__ import annotations

from xml.etree import ElementTree

import pytest

from myapp.builds.model import FINAL
from myapp.services.badges import COLOURS, UNKNOWN, draw

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str | None]:
    return [item.text for item in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("state", ["queued", "running", *sorted(FINAL)])
def test_every_state_is_drawn_in_words(state: str) -> None:
    assert words(draw(state)) == ["hobotnica", state.replace("_", " ")]


def test_state_is_told_to_who_does_not_see_the_picture() -> None:
    root = ElementTree.fromstring(draw("timed_out"))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "hobotnica: timed out"
    assert root.findtext(f"{SVG}title") == "hobotnica: timed out"


def test_good_and_bad_differ_in_colour() -> None:
    assert COLOURS["passed"] in draw("passed")
    assert COLOURS["failed"] in draw("failed")
    assert COLOURS["passed"] != COLOURS["failed"]


def test_branch_without_builds_is_grey() -> None:
    assert words(draw(UNKNOWN)) == ["hobotnica", "no builds"]
    assert not any(colour in draw(UNKNOWN) for colour in (COLOURS["passed"], COLOURS["failed"]))


def test_nothing_in_a_state_is_markup() -> None:
    assert words(draw('<script>"&')) == ["hobotnica", '<script>"&']


def test_picture_is_as_wide_as_its_parts() -> None:
    root = ElementTree.fromstring(draw("superseded"))
    _, right = root.iter(f"{SVG}rect")
    assert int(root.get("width", "")) == int(right.get("x", "")) + int(right.get("width", ""))
