"""Clones that meet what they should not meet: another's certificate, the death of their process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.world import World
from tests.support.certificates import self_signed
from tests.support.git_server import GitRepository
from tests.support.wait import wait_until


def test_a_certificate_nobody_vouches_for_fails_the_clone(
    open_world: Callable[..., World],
) -> None:
    world = open_world(git_tls=self_signed())
    repository = world.create()
    assert world.register(repository).status == 201
    shown = world.wait_for(repository, status="failed")
    assert shown["status_reason"] == "The server's TLS certificate is not trusted"
    assert world.mirrors(world.number(repository)) == []
    assert not any("Authorization" in request.headers for request in world.git.requests)


@pytest.mark.slow
def test_a_clone_whose_process_was_killed_is_taken_up_again(
    open_world: Callable[..., World],
) -> None:
    # Two services side by side, as both wait for a lease to end.
    web_killed, all_killed = open_world(), open_world()
    found = {world: begin_clone(world) for world in (web_killed, all_killed)}
    all_killed.service.kill_all()
    all_killed.service.start()
    [web] = web_killed.web_workers()
    web.kill()
    url = found[web_killed].url
    wait_until(lambda: not web_killed.marked(url), what="its git ends with it")
    web_killed.service.wait_until_healthy()
    for world, repository in found.items():
        world.git.held.clear()
        assert world.shown(repository)["status"] == "cloning"
    for world, repository in found.items():
        world.wait_for(repository, timeout=60, status="ready")
        number = world.number(repository)
        assert world.mirrors(number) == [f"{number}.git"]
        assert leftovers(world.data_dir / "run") == []
        assert world.pushed(repository)["state"] == "passed"


def begin_clone(world: World) -> GitRepository:
    """A repository whose clone has begun and does not end."""
    repository = world.create()
    world.git.held.add(repository.full_name)
    assert world.register(repository).status == 201
    wait_until(lambda: world.marked(repository.url), what="git is at it")
    return repository


def leftovers(run: Path) -> list[str]:
    """Git's outputs and credentials that somebody left behind."""
    return [path.name for path in run.iterdir() if path.name.startswith(("git-", "token-"))]
