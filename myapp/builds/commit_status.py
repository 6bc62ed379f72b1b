"""How a build's state is said at GitHub (docs.github.com/rest/commits/statuses)."""

from __future__ import annotations

from typing import Any

from myapp.github.statuses import DESCRIPTION_LIMIT, context, github_state

_WORDS = {
    "queued": "Waiting for a worker",
    "running": "Running",
    "passed": "Passed",
    "failed": "Failed",
    "timed_out": "Timed out",
}


def context_of(job: str, environment: str | None) -> str:
    """The name under which GitHub shows it: one line per job and environment."""
    return f"{context(job)}/{environment}" if environment else context(job)


def description_of(state: str, reason: str | None) -> str:
    """One sentence, cut to what GitHub takes."""
    sentence = reason or _WORDS.get(state) or state.capitalize()
    sentence = " ".join(sentence.split())
    sentence = sentence[:1].upper() + sentence[1:]
    if len(sentence) <= DESCRIPTION_LIMIT:
        return sentence
    return sentence[: DESCRIPTION_LIMIT - 1] + "…"


def outbox_row(
    build_id: int,
    *,
    job: str,
    environment: str | None,
    state: str,
    reason: str | None,
    now: float,
) -> dict[str, Any]:
    """The row of store.statuses that says this."""
    return {
        "build_id": build_id,
        "context": context_of(job, environment),
        "state": github_state(state),
        "description": description_of(state, reason),
        "due_at": now,
    }
