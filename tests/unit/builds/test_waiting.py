from __future__ import annotations

from dataclasses import replace

import pytest

from myapp.builds.waiting import Load, Waiting, explain, ordinal

FIRST = Waiting(1, "ready", None, "test", None)
SECOND = replace(FIRST, position=2)
IDLE = [Load("w1", slots=2, running=0)]


@pytest.mark.parametrize(
    ("waiting", "workers", "sentence"),
    [
        (
            replace(FIRST, position=None, repository_status="cloning"),
            IDLE,
            "waiting for the repository's first clone",
        ),
        (
            replace(FIRST, position=None, repository_status="failed", status_reason="no access"),
            IDLE,
            "waiting for the repository, which could not be cloned: no access",
        ),
        (FIRST, [], "no worker is running"),
        (FIRST, IDLE, "1st in the queue: a worker is about to take the next"),
        (SECOND, [Load("w1", 2, 2)], "2nd in the queue: both slots of worker w1 are busy"),
        (FIRST, [Load("w1", 1, 1)], "1st in the queue: the only slot of worker w1 is busy"),
        (FIRST, [Load("w1", 4, 4)], "1st in the queue: all 4 slots of worker w1 are busy"),
        (
            SECOND,
            [Load("w1", 2, 2), Load("w2", 4, 4)],
            "2nd in the queue: all 6 slots of 2 workers are busy",
        ),
        (
            SECOND,
            [Load("w1", 2, 2), Load("w2", 4, 3)],
            "2nd in the queue: a worker is about to take the next",
        ),
        (replace(FIRST, lane_holder=12), IDLE, "waiting for #12 of the same branch to end"),
        (
            replace(FIRST, lane_holder=12, job="deploy"),
            IDLE,
            "waiting for #12, a deployment to the same environment",
        ),
    ],
)
def test_the_sentence_is_true(waiting: Waiting, workers: list[Load], sentence: str) -> None:
    assert explain(waiting, workers) == sentence


def test_what_happened_before_is_told_as_well() -> None:
    told = explain(FIRST, IDLE, "attempt 2: worker w1 was lost at 12:03 UTC")
    assert told.endswith("take the next; attempt 2: worker w1 was lost at 12:03 UTC")


@pytest.mark.parametrize(
    "text",
    [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "10th",
        "11th",
        "12th",
        "13th",
        "21st",
        "22nd",
        "101st",
        "102nd",
        "111th",
    ],
)
def test_ordinals_are_english(text: str) -> None:
    assert ordinal(int(text[:-2])) == text
