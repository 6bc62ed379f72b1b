"""What happens by itself: missed pushes are found, lost access has consequences, renames none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.scenarios.world import OWNER, World, path_of, printing
from tests.support import factories
from tests.support.api_client import Api
from tests.support.git_server import GitRepository
from tests.support.wait import wait_until

SETTINGS = {"pull_interval": 5, "access_check_interval": 5}
STATUS = "select status from repositories where id = ?"
SECRETS = "select token, webhook_secret from repositories where id = ?"


@dataclass
class Theirs:
    """Another account's repository, so that octocat's token goes on working."""

    login: str
    token: str
    repository: GitRepository
    name: str
    number: int
    hook: dict[str, Any]
    api: Api


@dataclass
class Happened:
    """What is different at GitHub; nobody was told. The service finds out at its own pace."""

    untold: GitRepository
    sha: str
    told: GitRepository
    told_build: Any
    late: GitRepository
    late_before: str
    broken: GitRepository
    transferred: GitRepository
    former_name: str
    made_private: Theirs
    token_revoked: Theirs


@pytest.fixture(scope="module")
def happened(world: World) -> Happened:
    """All of it at once, as each takes the service some seconds to notice."""
    untold, told, late, broken, transferred = (world.ready() for _ in range(5))
    hubot, mona = theirs(world, "hubot"), theirs(world, "mona")
    late_before = late.head
    # Pushes without a webhook, one with.
    sha = untold.commit(printing("nobody told"), message="Not told")
    untold.commit({"n": "1"}, branch="docs", message="[skip ci] Docs")
    late.commit(printing("late"), message="Late")
    told_build = world.push(told)
    broken.directory.rename(broken.directory.with_suffix(".away"))
    # A repository that is somebody else's now, and private; a token that is no longer one.
    hubot.repository.facts.owner = "elsewhere"
    hubot.repository.facts.permissions.clear()
    world.github.directory.former[hubot.name] = hubot.repository.facts
    world.github.revoke(mona.token)
    # A transfer, of which the webhook does not tell.
    former, hooks = transferred.full_name, dict(transferred.facts.hooks)
    transferred.facts.hooks.clear()
    world.github.add_organisation("company", admins=(OWNER,))
    world.github.move(former, f"company/{factories.name()}")
    transferred.facts.hooks.update(hooks)
    return Happened(
        untold, sha, told, told_build, late, late_before, broken, transferred, former, hubot, mona
    )


def theirs(world: World, login: str) -> Theirs:
    """A repository that this account has registered, with a secret variable."""
    token, name = world.github.add_token(login), f"{login}/{factories.name()}"
    repository = world.create(full_name=name)
    api = world.api.with_token(login, token)
    answer = api.post("/api/repositories", {"owner": login, "name": name.split("/")[1]})
    assert answer.status == 201
    number = world.number(repository)
    wait_until(lambda: world.rows(STATUS, number) == [("ready",)], what="it is ready")
    [hook] = wait_until(lambda: world.github.hooks(name), what="its webhook")
    secret = {"value": "gone soon", "secret": True}
    assert api.put(f"/api/repositories/{name}/env/KEY", secret).status in (200, 201)
    return Theirs(login, token, repository, name, number, hook, api)


def is_revoked(world: World, their: Theirs) -> str:
    """Wait until it is revoked and everything secret is gone; the reason."""
    number = their.number
    wait_until(lambda: world.rows(STATUS, number) == [("revoked",)], 40, what="it is revoked")
    wait_until(lambda: not world.mirrors(number), what="the mirror is gone")
    assert world.rows(SECRETS, number) == [(None, None)]
    assert world.rows("select 1 from variables where scope = ?", f"repository:{number}") == []
    found = world.rows("select status_reason, revoked_at from repositories where id = ?", number)
    [(reason, revoked_at)] = found
    assert revoked_at
    return str(reason)


def pulled(world: World, repository: GitRepository) -> None:
    """Wait until a pull that begins from now on has ended."""
    pulls = fetches(world, repository)
    wait_until(lambda: fetches(world, repository) >= pulls + 2, 40, what="two more pulls")


def fetches(world: World, repository: GitRepository) -> int:
    """How many fetches of the repository have begun."""
    start = f"/{repository.full_name}.git/info/refs"
    return sum(found.path.startswith(start) for found in list(world.git.requests))


class TestPull:
    def test_a_push_whose_webhook_never_came_gets_its_build(
        self, world: World, happened: Happened
    ) -> None:
        repository = happened.untold
        [build] = wait_until(lambda: world.builds(repository), 40, what="the pull finds it")
        assert (build["event"], build["sha"]) == ("pull", happened.sha)
        assert (build["branch"], build["message"]) == ("main", "Not told")
        assert world.ended(build)["state"] == "passed"
        assert "nobody told" in world.log_of(build)

    def test_a_webhook_that_comes_after_the_pull_makes_no_second_build(
        self, world: World, happened: Happened
    ) -> None:
        late = happened.late
        wait_until(lambda: world.builds(late), 40, what="the pull finds it")
        told = world.github.tell_push(
            late.full_name, "refs/heads/main", happened.late_before, late.head
        )
        assert [delivery.status for delivery in told] == [200]
        assert len(world.builds(late)) == 1

    def test_nothing_is_built_twice(self, world: World, happened: Happened) -> None:
        pulled(world, happened.untold)
        assert len(world.builds(happened.untold)) == 1  # nor was what said [skip ci]
        assert [one["id"] for one in world.builds(happened.told)] == [happened.told_build["id"]]

    def test_a_pull_that_fails_says_so_and_recovers(self, world: World, happened: Happened) -> None:
        broken = happened.broken
        sentence = "The repository does not exist, or the token may not read it"
        assert world.wait_for(broken, 40, pull_error=sentence)["status"] == "ready"
        broken.directory.with_suffix(".away").rename(broken.directory)
        wait_until(
            lambda: world.api.post(f"{path_of(broken)}/pull").status == 202, what="a pull may begin"
        )
        world.wait_for(broken, pull_error=None)


class TestAccess:
    def test_when_github_says_no_everything_secret_goes(
        self, world: World, happened: Happened
    ) -> None:
        hubot = happened.made_private
        reason = is_revoked(world, hubot)
        # Whoever registered it still learns when and why.
        shown = hubot.api.get(f"/api/repositories/{hubot.name}")
        assert (shown.json["status"], shown.json["status_reason"]) == ("revoked", reason)
        assert re.match(r"\d{4}-\d\d-\d\dT", shown.json["revoked_at"])
        page = world.page(f"/repositories/{hubot.name}", hubot.login, hubot.token)
        assert reason in page.replace("&#39;", "'")
        assert shown.json["revoked_at"][:10] in page
        # A delivery that GitHub still sends, signed with the old secret, is refused.
        hubot.repository.facts.hooks[hubot.hook["id"]] = hubot.hook
        [told] = hubot.repository.push({"n": "1"}).deliveries
        assert told.status in (403, 404)

    def test_a_revoked_token_and_a_new_one(self, world: World, happened: Happened) -> None:
        mona = happened.token_revoked
        assert "token" in is_revoked(world, mona)
        fresh = world.api.with_token(mona.login, world.github.add_token(mona.login))
        body = {"owner": mona.login, "name": mona.name.split("/")[1]}
        assert fresh.post("/api/repositories", body).status == 201
        wait_until(lambda: world.rows(STATUS, mona.number) == [("ready",)], what="ready again")

    def test_a_transfer_that_nobody_told_of_is_followed(
        self, world: World, happened: Happened
    ) -> None:
        repository = happened.transferred
        known = "select full_key from repositories where node_id = ?"
        wait_until(
            lambda: world.rows(known, repository.facts.node_id) == [(repository.full_name,)],
            40,
            what="the transfer is followed",
        )
        works_under_its_new_name(world, repository, happened.former_name)

    def test_a_rename_is_followed_at_once(self, world: World) -> None:
        repository = world.ready()
        former, new = repository.full_name, f"{OWNER}/{factories.name()}"
        [delivery] = world.github.move(former, new)
        assert delivery.status == 200
        works_under_its_new_name(world, repository, former)

    def test_github_down_is_no_revocation(self, world: World, happened: Happened) -> None:
        def checks() -> int:
            return len(world.github.requests_of("RepositoryById"))

        repository = world.ready()
        asked = checks()
        for fault in ("500", "502-html", "closed", "rate-limited", "bad-json"):
            world.github.fail(fault, on="RepositoryById", times=2)
        wait_until(lambda: checks() >= asked + 10, 60, what="several checks have failed")
        assert world.shown(repository)["status"] == "ready"
        assert world.pushed(repository)["state"] == "passed"
        gone = (happened.made_private.number, happened.token_revoked.number)
        revoked = world.rows("select id from repositories where status = 'revoked'")
        assert {number for (number,) in revoked} <= set(gone)


def works_under_its_new_name(world: World, repository: GitRepository, former: str) -> None:
    """API, webhook, git and statuses go by the new name; the old one is unknown."""
    assert world.shown(repository)["status"] == "ready"
    assert world.api.get(f"/api/repositories/{former}").status == 404
    before = len(world.git.requests)
    build = world.pushed(repository, printing("under the new name"))
    assert (build["state"], build["owner"]) == ("passed", repository.facts.owner)
    asked = [found.path for found in world.git.requests[before:]]
    assert any(path.startswith(f"/{repository.full_name}.git/") for path in asked)
    assert not any(path.startswith(f"/{former}.git/") for path in asked)
    wait_until(
        lambda: world.states_at_github(repository, build["sha"])[-1:] == ["success"],
        what="GitHub has the status",
    )
