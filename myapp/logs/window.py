"""The part of a log that is in a page: a few hundred lines, however long the log is."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from myapp.logs.render import Line, Renderer, row
from myapp.logs.scan import BLOCK, Read, Scan

LINES = 400
HTML_SIZE = 40_000  # characters; the page around it has to stay under 60 KB


@dataclass(frozen=True)
class Window:
    """Consecutive lines of a log as HTML, and what a page needs to go on from them.

    `first` and `last` are line numbers (0 and 0 of an empty log); `live` tells that the window
    ends where the log ends, so that lines to come may be appended from `next_offset`, the
    beginning of line number `next_line`, with the style `sgr` in force there.
    """

    html: Markup
    first: int
    last: int
    total: int
    size: int
    failure: int | None
    failure_text: str
    live: bool
    next_offset: int
    next_line: int
    sgr: str


def open_window(
    read: Read,
    scan: Scan,
    *,
    start: int | None = None,
    end: int | None = None,
    at_failure: bool = False,
) -> Window:
    """The window that begins at line `start`, or ends at `end`, or is around the first failure.

    Without any of these it is the end of the log. `read` gives the log's bytes; lines outside of
    the log are taken as its first or last one.
    """
    total = scan.lines
    failure = scan.first_failure if at_failure else None
    if start is not None:
        keep = first = max(1, min(start, total))
    elif end is not None:
        keep = max(1, min(end, total))
        first = keep - LINES + 1
    elif failure is not None:
        keep, first = failure, failure - LINES // 2
    else:
        keep, first = total, total - LINES + 1
    last = min(total, max(1, first) + LINES - 1, keep if end is not None else total)
    first = max(1, min(first, last - LINES + 1 if last == total and start is None else first))
    lines, renderer = _render(read, scan, first, last)
    shown = _trim([(line, row(line, failure=line.number == failure)) for line in lines], keep)
    live = not shown or shown[-1][0].number == total
    return Window(
        html=Markup("".join(html for _, html in shown)),  # noqa: S704 - row() has escaped it
        first=shown[0][0].number if shown else 0,
        last=shown[-1][0].number if shown else 0,
        total=total,
        size=scan.size,
        failure=failure,
        failure_text=next((line.text for line in lines if line.number == failure), "")[:300],
        live=live,
        next_offset=renderer.line_offset,
        next_line=renderer.line,
        sgr=renderer.line_sgr,
    )


def _render(read: Read, scan: Scan, first: int, last: int) -> tuple[list[Line], Renderer]:
    begin = scan.begin_of(first, read)
    renderer = Renderer(begin, first)
    lines: list[Line] = []
    while len(lines) < last - first + 1 and renderer.offset < scan.size:
        data = read(renderer.offset, min(BLOCK, scan.size - renderer.offset))
        if not data:
            break
        lines += renderer.feed(data)
    rest = renderer.unfinished()
    if rest and len(lines) < last - first + 1:
        lines.append(rest)
    return lines[: last - first + 1], renderer


def _trim(rows: list[tuple[Line, str]], keep: int) -> list[tuple[Line, str]]:
    """Drop lines, the farthest from `keep` first, until the HTML is small enough."""
    size = sum(len(html) for _, html in rows)
    begin, end = 0, len(rows)
    while size > HTML_SIZE and end - begin > 1:
        if abs(keep - rows[begin][0].number) >= abs(rows[end - 1][0].number - keep):
            size -= len(rows[begin][1])
            begin += 1
        else:
            end -= 1
            size -= len(rows[end][1])
    return rows[begin:end]
