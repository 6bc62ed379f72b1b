"""Log bytes become numbered HTML lines, piece by piece; nothing from the log is ever markup."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from html import escape
from itertools import groupby

from markupsafe import Markup

from myapp.logs.screen import Screen
from myapp.logs.style import PLAIN, Style, apply_sgr, classes, sgr

_decoder = codecs.getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class Line:
    """A rendered line: its number from 1, the byte it begins at, its safe HTML, its plain text."""

    number: int
    offset: int
    html: str
    text: str


class Renderer:
    """Renders a log that comes in pieces; the pieces may be cut inside a character or a code.

    To begin in the middle, give the byte offset of a line's beginning, its number and, if it is
    known, the style in force there as SGR parameters (`line_sgr` of another renderer).
    """

    def __init__(self, offset: int = 0, line: int = 1, line_sgr: str = "") -> None:
        self.offset = offset
        self.line_offset = offset
        self.line = line
        self._screen = Screen(apply_sgr(PLAIN, line_sgr) if line_sgr else PLAIN)
        self._line_style: Style = self._screen.style
        self._decoder = _decoder(errors="replace")

    @property
    def line_sgr(self) -> str:
        """The SGR parameters in force where the unfinished line began."""
        return sgr(self._line_style)

    def feed(self, data: bytes) -> list[Line]:
        """The lines that this piece finishes."""
        *finished, rest = data.split(b"\n")
        lines = []
        for part in finished:
            self._screen.write(self._decoder.decode(part, final=True))
            self.offset += len(part) + 1
            lines.append(self._line())
            self.line += 1
            self.line_offset = self.offset
            self._screen.start_line()
            self._line_style = self._screen.style
            self._decoder.reset()
        if rest:
            self._screen.write(self._decoder.decode(rest))
            self.offset += len(rest)
        return lines

    def unfinished(self) -> Line | None:
        """The line that has begun and has no newline yet, as far as it is known."""
        return self._line() if self.offset > self.line_offset else None

    def _line(self) -> Line:
        html, text = [], []
        for names, runs in groupby(self._screen.runs(), key=lambda run: classes(run[0])):
            run = "".join(part for _, part in runs)
            safe = escape(run, quote=False)
            html.append(f'<span class="{names}">{safe}</span>' if names else safe)
            text.append(run)
        if self._screen.hidden:
            html.append(f'<i class="cut">{self._screen.hidden} more characters in the raw log</i>')
        return Line(self.line, self.line_offset, "".join(html), "".join(text))


def row(line: Line, *, failure: bool = False) -> str:
    """The list item of a line, with its number as a link to itself; `failure` marks it."""
    mark = ' class="failure"' if failure else ""
    return (
        f'<li id="L{line.number}"{mark}><a href="#L{line.number}">{line.number}</a>'
        f"<span>{line.html}</span></li>\n"
    )


def coloured(data: bytes) -> Markup:
    """A piece of a log as escaped text with coloured spans, a line each, without numbers."""
    renderer = Renderer()
    lines = [line.html + "\n" for line in renderer.feed(data)]
    last = renderer.unfinished()
    return Markup("".join(lines) + (last.html if last else ""))  # noqa: S704 - escaped


def render_log(data: bytes, offset: int = 0, line: int = 1, line_sgr: str = "") -> Markup:
    """The list items of a whole piece of a log, the unfinished last line included."""
    renderer = Renderer(offset, line, line_sgr)
    lines = renderer.feed(data)
    last = renderer.unfinished()
    shown = [*lines, last] if last else lines
    return Markup("".join(row(item) for item in shown))  # noqa: S704 - row() has escaped it
