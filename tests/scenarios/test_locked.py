"""Another process holds the database: 503 meanwhile, nothing lost, and then it works."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from tests.scenarios.world import World, makefile, path_of, printing


@contextlib.contextmanager
def locked(world: World) -> Iterator[None]:
    """Nobody else can write meanwhile."""
    database = sqlite3.connect(world.data_dir / "hobotnica.sqlite3", isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
    finally:
        database.close()


@pytest.mark.slow
def test_a_locked_database_answers_503_and_loses_nothing(world: World) -> None:
    repository, other = world.ready(), world.create()
    files = makefile("echo begun", "while [ ! -e go ]; do sleep 0.05; done", "echo went on")
    running = world.push(repository, files)
    world.prints(running, "begun\n")
    with locked(world):
        # What writes waits for some seconds and then says that it is for later.
        [refused] = repository.push(printing("while it was locked"), branch="topic").deliveries
        assert refused.status == 503, refused.body
        assert "busy" in refused.json["detail"]
        answer = world.register(other)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        # What reads goes on, and so does the build.
        assert world.shown(repository)["status"] in ("ready", "running")
        assert "begun" in world.log_of(running)
        world.touch_in_build("[ ! -e go ]", "go")
    ended = world.ended(running)
    assert (ended["state"], ended["attempt"]) == ("passed", 1)
    assert "went on" in world.log_of(running)
    assert world.register(other).status == 201
    world.wait_for(other, status="ready")
    # GitHub's redelivery is taken; it is no duplicate, as nothing of the first was stored.
    [hook] = repository.facts.hooks.values()
    again = world.service.api.anonymous().post(
        hook["config"]["url"].removeprefix(world.service.url),
        body=refused.raw,
        headers=refused.headers,
    )
    assert again.status == 202, again.text
    assert world.ended(again.json)["state"] == "passed"
    assert len(world.builds(repository)) == 2
    assert world.api.get(path_of(repository)).json["status"] == "ready"
