"""How a build is told as a commit status (docs.github.com/rest/commits/statuses)."""

from __future__ import annotations

DESCRIPTION_LIMIT = 140

STATES = {
    "queued": "pending",
    "running": "pending",
    "passed": "success",
    "failed": "failure",
    "errored": "error",
    "cancelled": "error",
    "timed_out": "error",
    "superseded": "error",
    "skipped": "success",
}

_PLAIN = {
    "queued": "Waiting for a worker",
    "running": "Running",
    "passed": "Passed",
    "failed": "Failed",
    "errored": "Could not be run",
    "cancelled": "Cancelled",
    "timed_out": "Took too long",
    "superseded": "Superseded by a newer push",
    "skipped": "Skipped",
}


def context(job: str) -> str:
    """The name under which GitHub groups the statuses of one job, as in `hobotnica/test`."""
    return f"hobotnica/{job}"


def github_state(state: str) -> str:
    """GitHub's state for a build's state: pending, success, failure or error."""
    return STATES[state]


def description(state: str, reason: str | None = None, seconds: float | None = None) -> str:
    """One line within GitHub's 140 characters: the reason, or the state and how long it took."""
    text = reason or _PLAIN[state]
    if seconds is not None and state in ("passed", "failed"):
        text = f"{text.rstrip('.')} after {_duration(seconds)}"
    return shorten(text)


def for_build(
    state: str, reason: str | None = None, seconds: float | None = None
) -> tuple[str, str]:
    """GitHub's state and the description, as `requests.create_status` takes them."""
    return github_state(state), description(state, reason, seconds)


def shorten(text: str, limit: int = DESCRIPTION_LIMIT) -> str:
    """One line of at most `limit` characters; what was cut is shown by an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
