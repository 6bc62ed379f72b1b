"""The 256 terminal colours and the style sheet that keeps them readable in light and dark.

`static/ansi.css` is the output of `stylesheet()`; a test compares the two.
"""

from __future__ import annotations

Colour = tuple[int, int, int]

BASE: tuple[Colour, ...] = (
    (0x24, 0x29, 0x2F), (0xC4, 0x23, 0x2E), (0x1A, 0x7F, 0x37), (0x9A, 0x67, 0x00),
    (0x0B, 0x5C, 0xAD), (0x8A, 0x3F, 0xBF), (0x0F, 0x76, 0x7E), (0xC9, 0xD1, 0xD9),
    (0x6E, 0x77, 0x81), (0xFF, 0x6B, 0x62), (0x4C, 0xC2, 0x6A), (0xE3, 0xB3, 0x41),
    (0x6C, 0xB6, 0xFF), (0xD2, 0x9C, 0xFF), (0x56, 0xD4, 0xDD), (0xF6, 0xF8, 0xFA),
)  # fmt: skip
LEVELS = (0, 95, 135, 175, 215, 255)
# The log's own background and its tints of marked lines, the worst of each theme.
LIGHT_GROUND: Colour = (0xF3, 0xE6, 0xC4)
DARK_GROUND: Colour = (0x3A, 0x2B, 0x1C)
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3


def colour(index: int) -> Colour:
    """The colour of an xterm palette index, 0 to 255."""
    if index < 16:
        return BASE[index]
    if index < 232:
        cube = index - 16
        return LEVELS[cube // 36], LEVELS[cube // 6 % 6], LEVELS[cube % 6]
    grey = 8 + 10 * (index - 232)
    return grey, grey, grey


def nearest(red: int, green: int, blue: int) -> int:
    """The palette index (16 to 255) that is nearest to a true colour."""
    steps = [
        min(range(6), key=lambda step: abs(LEVELS[step] - part)) for part in (red, green, blue)
    ]
    cube = 16 + 36 * steps[0] + 6 * steps[1] + steps[2]
    grey = 232 + max(0, min(23, ((red + green + blue) // 3 - 3) // 10))

    def distance(index: int) -> int:
        there = colour(index)
        return (red - there[0]) ** 2 + (green - there[1]) ** 2 + (blue - there[2]) ** 2

    return grey if distance(grey) < distance(cube) else cube


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable(wanted: Colour, ground: Colour) -> Colour:
    """The colour nearest to the wanted one that can be read on this ground."""
    goal = max((BLACK, WHITE), key=lambda end: contrast(end, ground))
    for percent in range(0, 101, 5):
        mixed = tuple(
            (part * (100 - percent) + end * percent) // 100
            for part, end in zip(wanted, goal, strict=True)
        )
        if contrast((mixed[0], mixed[1], mixed[2]), ground) >= READABLE:
            return mixed[0], mixed[1], mixed[2]
    return goal


def stylesheet() -> str:
    """The text of `static/ansi.css`: `f0`-`f255` colour text, `b0`-`b255` its background."""
    rules = [
        "/* Made by myapp/logs/palette.py: the terminal's colours, readable in light and dark. */",
        ".ab{font-weight:700}.ad{color:var(--muted)}.ai{font-style:italic}"
        ".au{text-decoration:underline}.as{text-decoration:line-through}"
        ".au.as{text-decoration:underline line-through}"
        ".av{background:var(--text);color:var(--log-ground)}",
    ]
    for first in range(0, 256, 8):
        rules.append("".join(_text_rule(index) for index in range(first, first + 8)))
    for first in range(0, 256, 8):
        rules.append("".join(_ground_rule(index) for index in range(first, first + 8)))
    return "\n".join(rules) + "\n"


def _text_rule(index: int) -> str:
    light = _hex(readable(colour(index), LIGHT_GROUND))
    dark = _hex(readable(colour(index), DARK_GROUND))
    return f".f{index}{{color:light-dark({light},{dark})}}"


def _ground_rule(index: int) -> str:
    text = max((BLACK, WHITE), key=lambda end: contrast(end, colour(index)))
    return f".b{index}{{background:{_hex(colour(index))};color:{_hex(text)}}}"


def _step(part: int) -> int:
    return min(range(6), key=lambda step: abs(LEVELS[step] - part))


def _luminance(of: Colour) -> float:
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in of
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _hex(of: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in of)
