from __future__ import annotations

import pytest

from myapp.builds.commit_status import context_of, description_of, outbox_row
from myapp.builds.model import FINAL


@pytest.mark.parametrize("state", sorted(FINAL | {"queued", "running"}))
def test_every_state_can_be_said_at_github(state: str) -> None:
    row = outbox_row(1, job="test", environment=None, state=state, reason=None, now=5.0)
    assert row["state"] in {"pending", "success", "failure", "error"}
    assert 0 < len(row["description"]) <= 140
    assert row["due_at"] == 5.0


def test_only_passed_and_skipped_are_a_success() -> None:
    states = {
        state
        for state in FINAL
        if outbox_row(1, job="test", environment=None, state=state, reason=None, now=0)["state"]
        == "success"
    }
    assert states == {"passed", "skipped"}


def test_the_description_is_one_line_of_140_letters_at_most() -> None:
    description = description_of("errored", "make: *** no rule\nto make   target " + "x" * 200)
    assert description.startswith("Make: *** no rule to make target x")
    assert len(description) == 140
    assert description.endswith("…")


def test_jobs_and_environments_have_a_line_each() -> None:
    assert context_of("test", None) == "hobotnica/test"
    assert context_of("deploy", "production") == "hobotnica/deploy/production"
