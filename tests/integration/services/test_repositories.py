"""The contract of listing, reading, changing, fetching and deleting repositories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from myapp import repositories
from tests.integration.services.place import FAILED, OWNER, Place, path_of, until_ready
from tests.support import factories
from tests.support.wait import wait_until

NOT_FOUND = b'{"detail":"Repository not found"}'


# Lists


def test_list_repositories_pages_by_link_newest_first(place: Place) -> None:
    owner = factories.owner()
    place.github.add_organisation(owner, admins=(OWNER,))
    made = [place.repository(f"{owner}/{factories.name()}").uid for _ in range(5)]
    client = place.client()
    path, seen, pages = f"/api/repositories/{owner}?limit=2", [], 0
    while path:
        answer = client.get(path)
        assert answer.status_code == 200
        seen += [one["uid"] for one in answer.json()]
        pages += 1
        link = answer.links.get("next")
        path = link["url"].removeprefix(place.service.url) if link else ""
    assert (seen, pages) == (made[::-1], 3)


def test_list_repositories_200_empty_for_who_sees_none(place: Place) -> None:
    token = place.github.add_token("newcomer")
    client = place.client(None, {"X-GitHub-Username": "newcomer", "X-GitHub-Personal-Token": token})
    answer = client.get("/api/repositories")
    assert (answer.status_code, answer.json()) == (200, [])
    assert client.get(f"/api/repositories/{OWNER}").json() == []
    assert client.get("/api/repositories/nobody-at-all").json() == []


def test_list_of_an_owner_ignores_case_and_has_no_others(place: Place) -> None:
    repository = place.repository()
    found = place.client().get(f"/api/repositories/{OWNER.upper()}?limit=100").json()
    assert repository.uid in [one["uid"] for one in found]
    assert {one["owner"] for one in found} == {OWNER}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1.5", "limit"),
        ("before=-1", "before"),
        ("before=", "before"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
    ],
)
@pytest.mark.parametrize("path", ["/api/repositories", f"/api/repositories/{OWNER}"])
def test_list_repositories_422_names_the_parameter(
    place: Place, path: str, query: str, name: str
) -> None:
    answer = place.client().get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", name]


def test_favorites_204_without_and_200_with_them_in_the_asked_order(place: Place) -> None:
    token = place.github.add_token("collector")
    client = place.client(
        None, {"X-GitHub-Username": "collector", "X-GitHub-Personal-Token": token}
    )
    answer = client.get("/api/repositories/favorites")
    assert (answer.status_code, answer.content, answer.headers["X-Order"]) == (204, b"", "date")
    good, bad = (place.repository(permissions={"collector": "READ"}) for _ in range(2))
    place.finished(bad, result=FAILED)
    place.finished(good)
    for repository in (good, bad, bad):
        assert client.put(f"{path_of(repository)}/favorite").status_code == 204
    by_date = client.get("/api/repositories/favorites")
    assert [one["uid"] for one in by_date.json()] == [good.uid, bad.uid]
    by_status = client.get("/api/repositories/favorites?order=status")
    assert by_status.headers["X-Order"] == "status"
    assert [one["uid"] for one in by_status.json()] == [bad.uid, good.uid]
    for repository in (good, bad, bad):
        assert client.delete(f"{path_of(repository)}/favorite").status_code == 204
    assert client.get("/api/repositories/favorites").status_code == 204


def test_favorites_422_for_an_order_that_is_none(place: Place) -> None:
    answer = place.client().get("/api/repositories/favorites?order=name")
    assert answer.json()["detail"][0]["loc"] == ["parameters", "order"]


# One repository


def test_get_repository_ignores_case_and_tells_its_last_build(place: Place) -> None:
    repository = place.repository()
    build = place.finished(repository, b"ok\n")
    path = f"/api/repositories/{repository.owner.upper()}/{repository.name.upper()}"
    shape = place.client().get(path).json()
    assert shape["last_build"]["id"] == build.id
    assert shape["status"] == "ready"


def test_get_repository_is_running_while_a_build_runs(place: Place) -> None:
    repository = place.repository()
    build = place.running(repository)
    client = place.client()
    assert client.get(path_of(repository)).json()["status"] == "running"
    place.finish(build)
    assert client.get(path_of(repository)).json()["status"] == "ready"


def test_patch_changes_only_what_is_sent(place: Place) -> None:
    repository, client = place.repository(), place.client()
    changed = client.patch(
        path_of(repository), json={"timeout": 90, "deploy_branch": "live", "auto_deploy": True}
    ).json()
    assert (changed["timeout"], changed["deploy_branch"], changed["auto_deploy"]) == (
        90,
        "live",
        True,
    )
    assert changed["test_target"] == "test"
    back = client.patch(path_of(repository), json={"timeout": None, "deploy_branch": None}).json()
    assert back["timeout"] is None
    assert back["auto_deploy"] is True
    assert client.get(path_of(repository)).json()["deploy_branch"] in (None, "main")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"timeout": 0}, "timeout"),
        ({"timeout": "x"}, "timeout"),
        ({"test_target": "-f evil"}, "test_target"),
        ({"test_target": "$(shell)"}, "test_target"),
        ({"deploy_branch": "a..b"}, "deploy_branch"),
        ({"status": "ready"}, "status"),
        ({"owner": "me"}, "owner"),
    ],
)
def test_patch_422_says_what_is_wrong(place: Place, change: dict[str, Any], field: Any) -> None:
    answer = place.client().patch(path_of(place.repository()), json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == (["body", field] if field else ["body"])


def test_delete_204_and_then_nothing_is_left(place: Place) -> None:
    repository = place.repository()
    build = place.finished(repository, b"ok\n")
    client = place.client()
    answer = client.delete(path_of(repository))
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(path_of(repository)).content == NOT_FOUND
    assert client.get(f"/api/builds/{build.id}").status_code == 404
    assert client.delete(path_of(repository)).content == NOT_FOUND


def test_delete_takes_the_webhook_away_at_github(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client, path = place.client(), f"/api/repositories/{git.full_name}"
    client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name})
    wait_until(lambda: place.github.hooks(git.full_name), what="its webhook")
    until_ready(client, path)
    wait_until(lambda: client.get(path).json()["hook_state"] == "installed", what="it is told")
    assert client.delete(path).status_code == 204
    assert place.github.hooks(git.full_name) == []


def test_pull_202_fetches_and_builds_what_no_webhook_told_of(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client, path = place.client(), f"/api/repositories/{git.full_name}"
    client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name})
    before = until_ready(client, path)["last_pulled_at"]
    sha = git.commit({"a": "1"}, message="Nobody was told")
    answer = client.post(f"{path}/pull")
    assert (answer.status_code, answer.json()["uid"]) == (202, client.get(path).json()["uid"])
    builds = wait_until(lambda: client.get(f"{path}/builds").json(), what="its build")
    assert [(one["sha"], one["event"]) for one in builds] == [(sha, "pull")]
    wait_until(lambda: client.get(path).json()["last_pulled_at"] != before, what="it is told")


def test_pull_with_the_same_key_answers_the_same(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client, path = place.client(), f"/api/repositories/{git.full_name}"
    client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name})
    until_ready(client, path)
    key = {"Idempotency-Key": factories.token()}
    answers = [client.post(f"{path}/pull", headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_revoked_repository_is_its_registrars_only(place: Place, method: str) -> None:
    repository = place.repository()
    repositories.revoke(place.context, repository.id, "The token was revoked")
    place.github.delete(repository.full_name)
    for login in (OWNER, "boss"):
        place.remember_access(login, repository, "ADMIN", 10**6)
    send: Callable[..., httpx.Response] = getattr(place.client(), method)
    body = {"json": {"test_target": "x"}} if method == "patch" else {}
    answer = send(path_of(repository), **body)
    assert answer.status_code == {"get": 200, "patch": 404, "delete": 204}[method]
    if method == "get":
        assert answer.json()["status"] == "revoked"
        assert answer.json()["status_reason"] == "The token was revoked"
        assert answer.json()["revoked_at"] is not None
        assert place.client("boss").get(path_of(repository)).content == NOT_FOUND
        assert place.client().post(f"{path_of(repository)}/pull").status_code == 404
