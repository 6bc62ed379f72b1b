from __future__ import annotations

from typing import Any

from myapp.builds.losing import Verdict, cancelled, lost

NOON = 1_700_049_780.0  # 2023-11-15 12:03 UTC


def verdict(**changes: Any) -> Verdict:
    usual: dict[str, Any] = {
        "job": "test",
        "attempt": 1,
        "losses": 0,
        "worker": "w1",
        "seen_at": NOON,
        "cancel_requested": False,
        "cancel_by": None,
        "cancel_reason": None,
    }
    return lost(**{**usual, **changes})


def test_a_test_is_queued_again_once_and_says_why() -> None:
    assert verdict().state == "queued"
    assert verdict().reason == "attempt 2: worker w1 was lost at 12:03 UTC"


def test_a_test_that_lost_a_worker_before_is_errored() -> None:
    second = verdict(attempt=2, losses=1)
    assert second.state == "errored"
    assert second.reason == "worker w1 was lost at 12:03 UTC, as in an earlier attempt"


def test_a_deployment_is_never_queued_again() -> None:
    deployment = verdict(job="deploy")
    assert deployment.state == "errored"
    assert deployment.reason == (
        "worker w1 was lost at 12:03 UTC; a deployment never runs again by itself"
    )


def test_one_that_was_to_be_cancelled_is_cancelled() -> None:
    ended = verdict(cancel_requested=True, cancel_by="octocat", cancel_reason="wrong branch")
    assert ended.state == "cancelled"
    assert ended.reason == ("cancelled by octocat: wrong branch (worker w1 was lost at 12:03 UTC)")


def test_cancelling_says_who_and_why_as_far_as_is_known() -> None:
    assert cancelled("octocat", "wrong branch") == "cancelled by octocat: wrong branch"
    assert cancelled("octocat", "") == "cancelled by octocat"
    assert cancelled(None, None) == "cancelled by somebody"
