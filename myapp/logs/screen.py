r"""One line of a terminal: what is left to see after `\r`, backspaces and erasures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from myapp.logs.style import PLAIN, Style, apply_sgr

COLUMNS = 4000  # more of a line is not shown; the raw log has it
_LONGEST_ESCAPE = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_ESCAPE = re.compile(
    r"\x1b(?:\[([0-?]*)[ -/]*([@-~])"  # CSI
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
)
_BEGINNING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)\Z")


class Screen:
    """A line that is being written; text may come in pieces, cut anywhere."""

    def __init__(self, style: Style = PLAIN) -> None:
        self.style = style
        self.start_line()

    def start_line(self) -> None:
        """Forget the line but keep the style: it goes on in the next line, as in terminals."""
        self._characters: list[str] = []
        self._styles: list[Style] = []
        self._column = 0
        self._width = 0
        self._held = ""

    @property
    def hidden(self) -> int:
        """How many characters of the line are beyond the last column."""
        return max(0, self._width - COLUMNS)

    def write(self, text: str) -> None:
        """Add text without newlines; an unfinished escape sequence is kept for the next piece."""
        text = self._held + text
        self._held = ""
        at = 0
        while control := _CONTROL.search(text, at):
            self._put(text[at : control.start()])
            at = control.end()
            if control[0] == "\r":
                self._column = 0
            elif control[0] == "\b":
                self._column = max(0, self._column - 1)
            elif control[0] == "\x1b":
                if escape := _ESCAPE.match(text, control.start()):
                    at = escape.end()
                    self._obey(escape[1] or "", escape[2])
                elif len(text) - at < _LONGEST_ESCAPE and _BEGINNING.match(text, at - 1):
                    self._held = text[at - 1 :]
                    return
        self._put(text[at:])

    def runs(self) -> Iterator[tuple[Style, str]]:
        """The visible line as pieces of one style each."""
        at = 0
        for style, same in groupby(self._styles):
            length = sum(1 for _ in same)
            yield style, "".join(self._characters[at : at + length])
            at += length

    def _put(self, text: str) -> None:
        begin, end = self._column, self._column + len(text)
        self._column = end
        self._width = max(self._width, end) if text else self._width
        shown = text[: max(0, COLUMNS - begin)]
        if not shown:
            return
        gap = begin - len(self._characters)
        if gap > 0:
            self._characters += " " * gap
            self._styles += [PLAIN] * gap
        self._characters[begin : begin + len(shown)] = shown
        self._styles[begin : begin + len(shown)] = [self.style] * len(shown)

    def _obey(self, parameters: str, final: str | None) -> None:
        if final == "m":
            self.style = apply_sgr(self.style, parameters)
        elif final == "K":
            self._erase(parameters)
        elif final in ("C", "D", "G"):
            count = int(parameters) if parameters.isdecimal() and len(parameters) < 6 else 1
            column = {"C": self._column + count, "D": self._column - count, "G": count - 1}[final]
            self._column = max(0, min(COLUMNS, column))

    def _erase(self, parameters: str) -> None:
        if parameters in ("", "0"):
            del self._characters[self._column :], self._styles[self._column :]
            self._width = min(self._width, self._column)
        elif parameters == "1":
            upto = min(self._column + 1, len(self._characters))
            self._characters[:upto] = " " * upto
            self._styles[:upto] = [PLAIN] * upto
        elif parameters == "2":
            self._characters.clear()
            self._styles.clear()
            self._width = 0
