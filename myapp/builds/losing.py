"""What becomes of a build whose worker is lost: pure decisions and their sentences."""

from __future__ import annotations

import time
from dataclasses import dataclass

MOST_LOSSES = 1  # a test is queued again after this many lost workers, not after more


@dataclass(frozen=True)
class Verdict:
    """The state it goes to, the sentence to show, and what is written into its log."""

    state: str
    reason: str
    log_line: str


def clock(moment: float) -> str:
    """The time of day, as in `12:03 UTC`."""
    return time.strftime("%H:%M UTC", time.gmtime(moment))


def never_again(reason: str) -> str:
    """The sentence for a deployment that is not finished and will not be repeated."""
    return f"{reason}; a deployment never runs again by itself"


def cancelled(by: str | None, reason: str | None) -> str:
    """Who ended it and why."""
    who = f"cancelled by {by or 'somebody'}"
    return f"{who}: {reason}" if reason else who


def lost(
    *,
    job: str,
    attempt: int,
    losses: int,
    worker: str | None,
    seen_at: float,
    cancel_requested: bool,
    cancel_by: str | None,
    cancel_reason: str | None,
) -> Verdict:
    """Its worker was last heard of at `seen_at`: a test is queued again once, nothing else is."""
    what = f"worker {worker or 'unknown'} was lost at {clock(seen_at)}"
    if cancel_requested:
        why = f"{cancelled(cancel_by, cancel_reason)} ({what})"
        return Verdict("cancelled", why, why)
    if job == "deploy":
        why = never_again(what)
        return Verdict("errored", why, why)
    if losses >= MOST_LOSSES:
        why = f"{what}, as in an earlier attempt"
        return Verdict("errored", why, why)
    why = f"attempt {attempt + 1}: {what}"
    return Verdict("queued", why, why)
