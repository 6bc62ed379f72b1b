"""The wanted webhook, and how one that is there differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from myapp.github import hooks
from myapp.github.model import Hook

URL = "https://ci.example/api/webhooks/7d9f"
GOOD = Hook(1, URL, ("repository", "push", "pull_request"), "json", False, True, True)


def test_the_wanted_hook_verifies_certificates_and_sends_json() -> None:
    wanted = hooks.wanted(URL, "s")
    assert wanted["config"] == {
        "url": URL,
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "s",
    }
    assert wanted["active"] is True


def test_the_wanted_hook_has_no_drift() -> None:
    assert hooks.drift(GOOD, URL) == ()
    assert hooks.drift(replace(GOOD, events=("*",)), URL) == ()
    assert hooks.drift(replace(GOOD, events=(*GOOD.events, "star")), URL) == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"url": "https://old.example/api/webhooks/7d9f"}, "address"),
        ({"events": ("push",)}, "pull_request, repository"),
        ({"content_type": "form"}, "content type"),
        ({"insecure_ssl": True}, "certificates"),
        ({"active": False}, "active"),
        ({"has_secret": False}, "secret"),
    ],
)
def test_each_drift_is_named(change: dict[str, object], word: str) -> None:
    found = hooks.drift(replace(GOOD, **change), URL)  # type: ignore[arg-type]
    assert len(found) == 1
    assert word in found[0]


def test_our_hook_is_found_among_others_and_after_a_move() -> None:
    moved = replace(GOOD, id=2, url="http://old.example:8080/ci/api/webhooks/7d9f/")
    other = replace(GOOD, id=3, url="https://[broken")
    assert hooks.find([other, moved], URL) == moved
    assert hooks.find([moved, GOOD], URL) == GOOD
    assert hooks.find([other, replace(GOOD, url="https://x.example/other")], URL) is None
    assert hooks.find([], URL) is None
