"""Why a queued build waits, in one true sentence: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """A living worker's slots and how many of them are in use."""

    name: str
    slots: int
    running: int


@dataclass(frozen=True)
class Waiting:
    """A queued build: its place among those that could run (from 1), and what holds it up."""

    position: int | None
    repository_status: str | None
    status_reason: str | None
    job: str
    lane_holder: int | None


def explain(waiting: Waiting, workers: Sequence[Load], note: str | None = None) -> str:
    """The sentence; `note` is what happened to it before."""
    sentence = _why(waiting, workers)
    return f"{sentence}; {note}" if note else sentence


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}" + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _why(waiting: Waiting, workers: Sequence[Load]) -> str:
    if waiting.repository_status == "cloning":
        return "waiting for the repository's first clone"
    if waiting.repository_status == "failed":
        why = f": {waiting.status_reason}" if waiting.status_reason else ""
        return f"waiting for the repository, which could not be cloned{why}"
    if waiting.repository_status == "revoked":
        return "waiting for the repository, to which access was revoked"
    if not workers:
        return "no worker is running"
    if waiting.lane_holder is not None:
        if waiting.job == "deploy":
            return f"waiting for #{waiting.lane_holder}, a deployment to the same environment"
        return f"waiting for #{waiting.lane_holder} of the same branch to end"
    place = "far back" if waiting.position is None else ordinal(waiting.position)
    return f"{place} in the queue: {_busy(workers)}"


def _busy(workers: Sequence[Load]) -> str:
    slots = sum(worker.slots for worker in workers)
    if any(worker.running < worker.slots for worker in workers):
        return "a worker is about to take the next"
    whose = f"worker {workers[0].name}" if len(workers) == 1 else f"{len(workers)} workers"
    if slots == 1:
        return f"the only slot of {whose} is busy"
    if slots == 2:
        return f"both slots of {whose} are busy"
    return f"all {slots} slots of {whose} are busy"
