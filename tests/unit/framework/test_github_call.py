"""Where and what a call to GitHub sends, without a network."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from myapp.framework import client, github_call
from myapp.framework.github_call import GitHubCall
from myapp.settings import Settings

ENTERPRISE = {"HOBOTNICA_GITHUB_API_URL": "https://ghe.example:8443/api/v3"}


def call(path: str, environ: dict[str, str] | None = None, **request: Any) -> GitHubCall:
    binding = SimpleNamespace(settings=Settings.read(environ or {}))
    was = SimpleNamespace(ID="was", app=SimpleNamespace(binding=binding), made=[])
    was.stub = lambda base, **options: was.made.append((base, options)) or pytest.fail("network")
    given = {"method": "GET", "headers": {}, "body": None, **request}
    return GitHubCall(was, SimpleNamespace(path=path, **given))


@pytest.mark.parametrize(
    ("environ", "path", "base", "target"),
    [
        ({}, "/graphql", "https://api.github.com", "/graphql"),
        ({}, "/repos/a/b?x=1", "https://api.github.com", "/repos/a/b?x=1"),
        (ENTERPRISE, "/graphql", "https://ghe.example:8443", "/api/graphql"),
        (ENTERPRISE, "/repos/a/b", "https://ghe.example:8443", "/api/v3/repos/a/b"),
    ],
)
def test_the_address_follows_the_settings(
    environ: dict[str, str], path: str, base: str, target: str
) -> None:
    made = call(path, environ)
    assert (made.base, made.path) == (base, target)


def test_a_target_keeps_escapes_and_escapes_what_would_break_it() -> None:
    assert call("/a%2Fb/{0}/x y/\r\n\u20ac").path == "/a%2Fb/%7B0%7D/x%20y/%0D%0A%E2%82%AC"


def test_a_header_that_would_break_the_request_is_refused() -> None:
    with pytest.raises(ValueError, match="not a header"):
        call("/", headers={"Authorization": "Bearer a\r\nX: y"})


def test_a_stub_is_created_only_at_the_loops_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(github_call.trigger, "wakeup", waiting.append)
    monkeypatch.setattr(client, "known", lambda *_: True)
    made = call("/any")
    made.arm()
    assert made.caller.made == []
    assert len(waiting) == 1
