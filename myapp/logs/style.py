"""How a piece of terminal text looks: SGR codes in, CSS classes out (ECMA-48, 8.3.117)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from myapp.logs.palette import nearest


class Style(NamedTuple):
    """The look of a run of text; colours are palette indexes, None is the default one."""

    fg: int | None = None
    bg: int | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    strike: bool = False


PLAIN = Style()
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
_MARKS_OF = {code: {field: True} for code, field in _ON.items()} | {
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"inverse": False},
    29: {"strike": False},
}
_CLASSES = (("bold", "ab"), ("italic", "ai"), ("underline", "au"), ("strike", "as"))


def apply_sgr(style: Style, parameters: str) -> Style:
    """The style after `ESC [ parameters m`; codes that are unknown change nothing."""
    if parameters[:1] in ("<", "=", ">", "?"):
        return style
    codes = [_numbers(item) for item in parameters.split(";")]
    at = 0
    while at < len(codes):
        code = codes[at][0]
        at += 1
        if code in (38, 48, 58):
            colour, at = _colour(codes, at)
            if code != 58 and colour is not None:
                style = style._replace(fg=colour) if code == 38 else style._replace(bg=colour)
        elif code == 4 and codes[at - 1][1:2] == [0]:
            style = style._replace(underline=False)
        else:
            style = _simple(style, code)
    return style


@lru_cache(maxsize=4096)
def classes(style: Style) -> str:
    """The CSS classes of a style, "" for the plain one.

    Text on a coloured background gets black or white from the style sheet, whichever can be read.
    """
    fg, bg = (style.bg, style.fg) if style.inverse else (style.fg, style.bg)
    names = []
    if bg is not None:
        names.append(f"b{bg}")
    elif fg is not None:
        names.append(f"f{fg}")
    elif style.inverse:
        names.append("av")
    elif style.dim:
        names.append("ad")
    names += [name for field, name in _CLASSES if getattr(style, field)]
    return " ".join(names)


def sgr(style: Style) -> str:
    """The SGR parameters that bring this style about from the plain one, "" for the plain one."""
    codes = [str(code) for code, field in _ON.items() if getattr(style, field)]
    if style.fg is not None:
        codes.append(f"38;5;{style.fg}")
    if style.bg is not None:
        codes.append(f"48;5;{style.bg}")
    return ";".join(codes)


def _simple(style: Style, code: int) -> Style:
    if code == 0:
        return PLAIN
    if code in _MARKS_OF:
        return Style(**{**style._asdict(), **_MARKS_OF[code]})
    if code == 39 or 30 <= code < 38 or 90 <= code < 98:
        return style._replace(fg=_basic(code, 30))
    if code == 49 or 40 <= code < 48 or 100 <= code < 108:
        return style._replace(bg=_basic(code, 40))
    return style


def _basic(code: int, first: int) -> int | None:
    """One of the 16 colours: 30-37 and 90-97 (40-47, 100-107); 39 and 49 are the default."""
    if code == first + 9:
        return None
    return code - first if code < first + 8 else code - first - 52


def _numbers(item: str) -> list[int]:
    return [int(part) if part.isdecimal() and len(part) < 6 else 0 for part in item.split(":")]


def _colour(codes: list[list[int]], at: int) -> tuple[int | None, int]:
    """The palette index that follows 38 or 48, and where the next code is."""
    inner = codes[at - 1][1:]
    if inner:  # 38:5:n, 38:2:r:g:b, 38:2::r:g:b
        numbers = inner if inner[0] == 5 or len(inner) < 5 else [inner[0], *inner[2:5]]
    else:  # 38;5;n, 38;2;r;g;b
        kind = codes[at][0] if at < len(codes) else -1
        numbers = [code[0] for code in codes[at : at + {5: 2, 2: 4}.get(kind, 1)]]
        at += len(numbers)
    if any(number > 255 for number in numbers):
        return None, at
    if numbers[:1] == [5] and len(numbers) >= 2:
        return numbers[1], at
    if numbers[:1] == [2] and len(numbers) >= 4:
        return nearest(*numbers[1:4]), at
    return None, at
