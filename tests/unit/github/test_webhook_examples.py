"""All of GitHub's published example deliveries are understood."""

from __future__ import annotations

import pytest

from myapp.github.events import Ignored, Ping, PullRequestEvent, PushEvent, RepositoryMoved
from myapp.github.webhooks import about, read_event
from tests.support.webhook_examples import examples

pytestmark = pytest.mark.npm


def test_there_are_all_of_them() -> None:
    found = list(examples())
    assert len(found) == 329
    assert len({event for event, _, _ in found}) == 58


def test_a_build_is_due_exactly_for_branch_pushes() -> None:
    for event, _, payload in examples():
        found = read_event(event, payload)
        due = (
            event == "push" and payload["ref"].startswith("refs/heads/") and not payload["deleted"]
        )
        assert isinstance(found, PushEvent) == due


def test_every_other_event_has_its_meaning_or_a_sentence() -> None:
    kinds: dict[str, set[type]] = {}
    for event, _, payload in examples():
        found = read_event(event, payload)
        kinds.setdefault(event, set()).add(type(found))
        assert not isinstance(found, Ignored) or found.why
    assert kinds.pop("push") == {PushEvent, Ignored}
    assert kinds.pop("ping") == {Ping}
    assert kinds.pop("pull_request") == {PullRequestEvent}
    assert kinds.pop("repository") == {RepositoryMoved, Ignored}
    assert set().union(*kinds.values()) == {Ignored}


def test_the_repository_is_found_wherever_one_is_named() -> None:
    for _, _, payload in examples():
        assert (about(payload) is not None) == bool(payload.get("repository"))
