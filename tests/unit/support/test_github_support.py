"""The parts of the test support that need no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import factories, npm
from tests.support.faults import FaultQueue
from tests.support.github_openapi import PATHS, subset
from tests.support.ports import free_port, is_listening
from tests.support.wait import wait_until


def test_missing_material_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(npm, "MODULES", tmp_path)
    with pytest.raises(npm.MaterialMissing, match="@octokit/openapi is not installed: run `npm ci"):
        npm.material("@octokit/openapi/generated/api.github.com.json")


def test_subset_has_the_paths_and_all_they_refer_to_and_no_more() -> None:
    whole = {
        "openapi": "3.0.3",
        "info": {},
        "servers": [],
        "paths": {"/a": {"get": {"$ref": "#/components/responses/one"}}, "/b": {}},
        "components": {
            "responses": {"one": {"x": [{"$ref": "#/components/schemas/two"}]}},
            "schemas": {"two": {"$ref": "#/components/schemas/two"}, "three": {}},
        },
    }
    kept = subset(whole, ("/a",))
    assert list(kept["paths"]) == ["/a"]
    assert kept["components"] == {
        "responses": whole["components"]["responses"],  # type: ignore[index]
        "schemas": {"two": {"$ref": "#/components/schemas/two"}},
    }
    assert all(path.startswith("/repos/") for path in PATHS)


def test_faults_happen_in_order_to_whom_they_were_meant_for() -> None:
    queue = FaultQueue()
    queue.add("500", "POST /repos", 2, None)
    queue.add("slow", "", 1, 0.5)
    assert queue.take("POST /repos/a/b") == queue.take("POST /repos/a/b")
    slow = queue.take("POST /graphql", "Viewer")
    assert slow is not None and (slow.how, slow.seconds) == ("slow", 0.5)
    assert queue.take("POST /repos/a/b") is None


def test_factories_never_give_the_same_twice() -> None:
    for make in (factories.owner, factories.name, factories.sha, factories.token):
        assert make() != make()
    assert factories.sha("seed") == factories.sha("seed")


def test_waiting_gives_the_value_or_names_what_did_not_come() -> None:
    values = iter([0, 0, 7])
    assert wait_until(lambda: next(values), every=0) == 7
    with pytest.raises(AssertionError, match="the moon"):
        wait_until(lambda: False, 0, what="the moon")


def test_a_free_port_is_free() -> None:
    assert not is_listening(free_port())
