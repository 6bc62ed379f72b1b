"""Every way in which a registration can end, and what repairs it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.scenarios.world import OWNER, World, at_once, path_of
from tests.support import factories
from tests.support.git_server import GitRepository
from tests.support.wait import wait_until

SETTINGS = {"clone_timeout": 8, "repository_limit": 1 << 20}


def registered(world: World) -> list[str]:
    """The full names of what octocat sees."""
    shown = world.api.get("/api/repositories?limit=100").json
    return [f"{one['owner']}/{one['name']}" for one in shown]


def is_failed(world: World, repository: GitRepository, sentence: str) -> None:
    """It becomes failed with this sentence, and no mirror of it is left."""
    assert world.register(repository).status == 201
    has_failed(world, repository, sentence)


def has_failed(world: World, repository: GitRepository, sentence: str) -> None:
    shown = world.wait_for(repository, status="failed")
    assert shown["status_reason"] == sentence
    assert sentence in world.page(f"/repositories/{repository.full_name}").replace("&#39;", "'")
    assert world.mirrors(world.number(repository)) == []


def other(world: World, owner: str, permission: str = "ADMIN") -> GitRepository:
    """Another owner's repository, where octocat has the permission."""
    return world.create(full_name=f"{owner}/{factories.name()}", permissions={OWNER: permission})


class TestRefused:
    """Nothing is stored, and the answer says why."""

    def test_a_wrong_token(self, world: World) -> None:
        repository = world.create()
        other = world.api.with_token(OWNER, "wrong-token")
        answer = other.post("/api/repositories", {"owner": OWNER, "name": repository.facts.name})
        assert (answer.status, answer.json) == (403, {"detail": "Invalid credentials"})

    def test_a_token_of_somebody_else(self, world: World) -> None:
        repository = world.create()
        stranger = world.api.with_token(OWNER, world.github.add_token("hubot"))
        answer = stranger.post("/api/repositories", {"owner": OWNER, "name": repository.facts.name})
        assert (answer.status, answer.json) == (403, {"detail": "Invalid credentials"})

    def test_what_is_absent_and_what_is_invisible_get_the_same_answer(self, world: World) -> None:
        hidden = world.create(full_name=f"somebody/{factories.name()}")
        absent = world.api.post("/api/repositories", {"owner": OWNER, "name": "absent"})
        invisible = world.register(hidden)
        assert (absent.status, absent.json) == (404, {"detail": "Repository not found"})
        assert (invisible.status, invisible.body) == (absent.status, absent.body)

    @pytest.mark.parametrize(
        "fault", ["500", "502-html", "200-html", "bad-json", "closed", "half", "hang"]
    )
    def test_github_is_down(self, world: World, fault: str) -> None:
        repository = world.create()
        world.api.get("/api/repositories")  # who octocat is, is known: the next question fails
        world.github.fail(fault, on="RepositoryAccess")
        answer = world.register(repository)
        assert answer.status == 503, answer.text
        assert int(answer.headers["retry-after"]) >= 1
        assert "GitHub" in answer.json["detail"]
        assert repository.full_name not in registered(world)
        assert world.register(repository).status == 201
        world.wait_for(repository, status="ready")

    @pytest.mark.parametrize("fault", ["rate-limited", "secondary-limit", "too-many"])
    def test_github_limits_the_rate(self, world: World, fault: str) -> None:
        repository = world.create()
        world.api.get("/api/repositories")
        world.github.fail(fault, on="RepositoryAccess")
        answer = world.register(repository)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 2
        assert repository.full_name not in registered(world)

    def test_github_is_down_while_it_is_asked_who_that_is(self, world: World) -> None:
        repository = world.create()
        newcomer = world.api.with_token("hubot", world.github.add_token("hubot"))
        world.github.fail("500", on="Viewer")
        answer = newcomer.post("/api/repositories", {"owner": OWNER, "name": repository.facts.name})
        assert answer.status == 503
        assert "retry-after" in answer.headers


class TestOnce:
    def test_a_second_time_is_a_conflict(self, world: World) -> None:
        repository = world.ready()
        answer = world.register(repository)
        assert answer.status == 409
        assert answer.json["detail"] == f"{repository.full_name} is already registered"

    def test_of_many_at_the_same_moment_one_is_made(self, world: World) -> None:
        repository = world.create()
        world.api.get("/api/repositories")
        answers = at_once(6, lambda _: world.register(repository))
        assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409, 409]
        assert registered(world).count(repository.full_name) == 1
        world.wait_for(repository, status="ready", hook_state="installed")
        assert len(world.github.hooks(repository.full_name)) == 1


class TestFailed:
    """The clone does not work: a sentence, nothing left, and a way out."""

    def test_an_empty_repository_works_after_its_first_push(self, world: World) -> None:
        repository = world.create(empty=True)
        is_failed(world, repository, "The repository is empty: push a first commit")
        world.wait_for(repository, hook_state="installed")
        built = world.pushed(repository, {"Makefile": "test:\n\t@echo now there is one\n"})
        assert built["state"] == "passed", built
        assert "now there is one" in world.log_of(built)
        assert world.wait_for(repository, status="ready")["status_reason"] is None

    def test_git_fails(self, world: World) -> None:
        sentences = {
            "e403": "The token may not read this repository",
            "e429": "GitHub limits our requests at the moment",
            "e500": "GitHub has trouble at the moment",
            "closed": "GitHub cannot be reached",
            "hang": "Git took too long and was ended",
            "drip": "Git took too long and was ended",
        }
        found = {owner: other(world, owner) for owner in sentences}
        # The two that only the clock ends go on together, the others one after the other.
        for owner in ("hang", "drip"):
            assert world.register(found[owner]).status == 201
        answer = world.api.post(f"{path_of(found['hang'])}/pull")
        refusal = "The repository is being fetched already"
        assert (answer.status, answer.json["detail"]) == (409, refusal)
        for owner, sentence in sentences.items():
            if owner not in ("hang", "drip"):
                assert world.register(found[owner]).status == 201
            has_failed(world, found[owner], sentence)

    def test_a_repository_over_the_limit_is_repaired_by_a_pull(self, world: World) -> None:
        big = random.Random(1).randbytes(3 << 20)  # nothing that could be packed smaller
        repository = world.create({"Makefile": "test:\n\t@echo small\n", "big": big})
        is_failed(world, repository, "The repository is larger than this installation allows")
        assert world.api.post(f"{path_of(repository)}/pull").status == 202
        world.wait_for(repository, status="failed")
        repository.commit({"big": None}, parent="", message="Small again")
        repository.forget_unreachable()
        assert world.api.post(f"{path_of(repository)}/pull").status == 202
        assert world.wait_for(repository, status="ready")["status_reason"] is None

    def test_it_can_be_registered_again(self, world: World) -> None:
        repository = world.create(empty=True)
        is_failed(world, repository, "The repository is empty: push a first commit")
        repository.commit({"Makefile": "test:\n\t@true\n"})
        assert world.register(repository).status == 201
        world.wait_for(repository, status="ready")


class TestHook:
    def test_a_token_that_may_not_manage_hooks_gets_instructions(self, world: World) -> None:
        repository = other(world, "company", "WRITE")
        assert world.register(repository).status == 201
        shown = world.wait_for(repository, status="ready", hook_state="manual")
        assert shown["hook_reason"]
        answer = world.api.post(f"{path_of(repository)}/hook")
        assert answer.status == 200
        assert answer.json["state"] == "manual"
        assert answer.json["reason"]
        assert any(shown["webhook_url"] in step for step in answer.json["instructions"])
        page = world.page(f"/repositories/{repository.full_name}")
        assert shown["webhook_url"] in page
        # By hand, with a secret that is shown once: then it works.
        rotated = world.api.post(f"{path_of(repository)}/webhook-secret")
        assert rotated.status == 200
        config = {
            "url": shown["webhook_url"],
            "content_type": "json",
            "secret": rotated.json["secret"],
        }
        repository.facts.hooks[1] = {
            "id": 1,
            "active": True,
            "events": ["push"],
            "config": {"insecure_ssl": "0", **config},
        }
        assert world.pushed(repository)["state"] == "passed"

    def test_a_drifted_hook_is_repaired(self, world: World) -> None:
        repository = world.ready()
        [hook] = world.github.hooks(repository.full_name)
        url = hook["config"]["url"]
        hook.update(active=False, events=["release"])
        hook["config"].update(
            url=url.replace("127.0.0.1", "elsewhere.example"), content_type="form"
        )
        answer = world.api.post(f"{path_of(repository)}/hook")
        assert (answer.status, answer.json["state"]) == (200, "installed")
        [hook] = world.github.hooks(repository.full_name)
        assert hook["active"]
        assert set(hook["events"]) == {"push", "pull_request", "repository"}
        assert hook["config"]["url"] == url
        assert hook["config"]["content_type"] == "json"
        assert world.pushed(repository)["state"] == "passed"

    def test_a_hook_that_somebody_removed_is_made_again(self, world: World) -> None:
        repository = world.ready()
        repository.facts.hooks.clear()
        assert world.api.post(f"{path_of(repository)}/hook").json["state"] == "installed"
        assert world.pushed(repository)["state"] == "passed"


class TestDeleted:
    def test_mirror_rows_and_hook_go(self, world: World) -> None:
        repository = world.ready()
        world.pushed(repository)
        number = world.number(repository)
        world.api.put(f"{path_of(repository)}/env/KEY", {"value": "some value"})
        assert world.mirrors(number) == [f"{number}.git"]
        assert world.api.delete(path_of(repository)).status == 204
        assert world.api.get(path_of(repository)).status == 404
        assert world.github.hooks(repository.full_name) == []
        assert world.mirrors(number) == []
        for table in ("builds", "deliveries", "access", "favorites", "heads"):
            assert world.rows(f"select 1 from {table} where repository_id = ?", number) == []
        assert world.rows("select 1 from repositories where id = ?", number) == []
        assert world.rows("select 1 from variables where scope = ?", f"repository:{number}") == []

    def test_github_down_does_not_prevent_it(self, world: World) -> None:
        repository = world.ready()
        world.github.fail("500", on="DELETE /repos")
        assert world.api.delete(path_of(repository)).status == 204
        assert world.api.get(path_of(repository)).status == 404
        [delivery] = repository.push({"n": "1"}).deliveries
        assert delivery.status == 404
        assert world.register(repository).status == 201

    def test_while_it_is_cloned(self, world: World) -> None:
        repository = world.create()
        world.git.held.add(repository.full_name)
        assert world.register(repository).status == 201
        number = world.number(repository)
        wait_until(lambda: world.marked(repository.url), what="git is at it")
        assert world.api.delete(path_of(repository)).status == 204
        world.git.held.clear()
        wait_until(lambda: not world.marked(repository.url), what="git has ended")
        wait_until(lambda: not world.mirrors(number), what="nothing is left")


def test_an_idempotency_key_answers_the_same_again(world: World) -> None:
    repository = world.create()
    owner, name = repository.full_name.split("/")
    body: Any = {"owner": owner, "name": name}
    key = {"Idempotency-Key": json.dumps(repository.full_name)}
    first = world.api.post("/api/repositories", body, headers=key)
    again = world.api.post("/api/repositories", body, headers=key)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
