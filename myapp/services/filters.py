"""What the templates say times, sizes and states with: pure functions for Jinja."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

NOTHING = "–"  # noqa: RUF001 - a dash in a table, not a minus
_STATES = {"timed_out": "timed out"}
_EVENTS = {
    "push": "push",
    "pull_request": "pull request",
    "manual": "by hand",
    "pull": "found by a pull",
    "retry": "retry",
}
_STEPS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
_UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def duration(seconds: float | None) -> str:
    """Seconds as people say them: `0.4 s`, `12 s`, `3 min 5 s`, `2 h`, `1 d 4 h`."""
    if seconds is None:
        return NOTHING
    seconds = max(0.0, float(seconds))
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller, name in _STEPS:
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {name}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def epoch(moment: str | float | None) -> float | None:
    """Epoch seconds of an RFC 3339 time; numbers are taken as they are."""
    if moment is None or isinstance(moment, int | float):
        return moment
    return datetime.fromisoformat(moment).timestamp()


def ago(moment: str | float | None, now: float) -> Markup:
    """How long ago, or how far ahead, as a `<time>` that tells the exact time; None is never."""
    seconds = epoch(moment)
    if seconds is None:
        return Markup("never")
    at = datetime.fromtimestamp(seconds, UTC)
    words = _away(now - seconds)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        words,
    )


def elapsed(start: str | float | None, now: float) -> float:
    """Seconds from a moment until now, never less than 0."""
    begin = epoch(start)
    return 0.0 if begin is None else max(0.0, now - begin)


def file_size(size: float | None) -> str:
    """Bytes in the largest unit of a thousand: `0 B`, `9 KB`, `1.4 MB`, `70 MB`."""
    if size is None:
        return NOTHING
    size = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":
            break
        size /= 1000
    return f"{size:.1f} {unit}" if size < 9.95 and unit not in ("B", "KB") else f"{size:.0f} {unit}"


def short_sha(sha: str | None) -> str:
    """The first seven digits of a commit's name."""
    return sha[:7] if sha else NOTHING


def first_line(message: str | None) -> str:
    """The subject of a commit message."""
    return message.strip().split("\n", 1)[0].strip() if message and message.strip() else ""


def state_word(state: str) -> str:
    """A state as a word for people."""
    return _STATES.get(state, state)


def event_word(event: str) -> str:
    """What caused a build, in words."""
    return _EVENTS.get(event, event)


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 build`, `12,000 builds`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    item.__name__: item
    for item in (
        ago, count, duration, elapsed, epoch, event_word, file_size, first_line, short_sha,
        state_word,
    )
}  # fmt: skip


def _away(seconds: float) -> str:
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            words = count(int(abs(seconds) // size), unit)
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"
