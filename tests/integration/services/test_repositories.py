"""The contract of registering, listing, changing, fetching and deleting repositories."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from myapp import repositories
from tests.integration.services.place import FAILED, OWNER, Place, path_of
from tests.support import factories
from tests.support.wait import wait_until

NOT_FOUND = b'{"detail":"Repository not found"}'
BAD_NAMES = ["", "-x", "a..b", "a/b", "a\0b", "x" * 300, ".git", "x.git", "env", "имя", ".", "a b"]


def ready(client: httpx.Client, path: str) -> dict[str, Any]:
    """The repository once its clone has ended well."""

    def look() -> Any:
        found = client.get(path).json()
        assert found["status"] != "failed", found["status_reason"]
        return found if found["status"] == "ready" else None

    found: dict[str, Any] = wait_until(look, 60, what=f"{path} is ready")
    return found


# Registering


def test_register_201_cloning_with_location_and_then_ready(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}", description="Says hello")
    client = place.client()
    answer = client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name})
    assert answer.status_code == 201
    shape = answer.json()
    assert (shape["status"], shape["status_reason"]) == ("cloning", None)
    assert (shape["owner"], shape["name"]) == (OWNER, git.facts.name)
    assert (shape["jobs"], shape["last_build"]) == (["test", "deploy"], None)
    path = urlsplit(answer.headers["Location"]).path
    assert path == f"/api/repositories/{git.full_name}"
    assert "webhook-secret" not in answer.text
    found = ready(client, path)
    assert found["uid"] == shape["uid"]
    assert found["last_pulled_at"] is not None
    assert found["github"]["head_sha"] == git.head
    assert len(place.github.requests_of("RepositoryAccess")) >= 1


def test_register_installs_the_webhook_where_the_token_may(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client = place.client()
    shape = client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name}).json()
    path = f"/api/repositories/{git.full_name}"
    wait_until(lambda: client.get(path).json()["hook_state"] == "installed", what="its webhook")
    [hook] = place.github.hooks(git.full_name)
    assert hook["config"]["url"] == shape["webhook_url"]
    ready(client, path)


def test_register_twice_409(place: Place) -> None:
    repository = place.repository()
    body = {"owner": repository.owner, "name": repository.name}
    answer = place.client().post("/api/repositories", json=body)
    assert answer.status_code == 409
    assert "already registered" in answer.json()["detail"]
    shouted = {"owner": repository.owner.upper(), "name": repository.name.upper()}
    assert place.client().post("/api/repositories", json=shouted).status_code == 409


def test_register_404_absent_and_invisible_alike(place: Place) -> None:
    hidden = place.at_github(permissions={})
    client = place.client("reader")
    answers = [
        client.post("/api/repositories", json={"owner": OWNER, "name": name})
        for name in (hidden.name, factories.name())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.content for answer in answers] == [NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_register_422_names_the_field(place: Place, name: str) -> None:
    answer = place.client().post("/api/repositories", json={"owner": OWNER, "name": name})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "name"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "owner"]),
        ({"owner": "o"}, ["body", "name"]),
        ({"owner": 7, "name": "n"}, ["body", "owner"]),
        ({"owner": "-o", "name": "n"}, ["body", "owner"]),
        ({"owner": "o", "name": "n", "admin": True}, ["body", "admin"]),
        ([], ["body"]),
        (7, ["body"]),
        ("text", ["body"]),
        (None, ["body"]),
    ],
)
def test_register_422_says_where(place: Place, body: Any, loc: list[str]) -> None:
    answer = place.client().post("/api/repositories", json=body, headers={"Accept": "*/*"})
    assert answer.status_code == 422
    assert loc in [item["loc"] for item in answer.json()["detail"]]


@pytest.mark.parametrize("body", [b"{", b'{"owner": }', b"\xff\xfe", b"{'owner': 1}", b"[" * 5000])
def test_register_400_broken_json(place: Place, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = place.plain().post("/api/repositories", content=body, headers=headers)
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)


def test_register_413_for_more_than_a_megabyte(place: Place) -> None:
    headers = {"Content-Type": "application/json"}
    body = b'{"owner": "' + b"o" * (1 << 20) + b'"}'
    answer = place.client().post("/api/repositories", content=body, headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("fault", ["500", "closed", "too-many", "200-html", "half"])
def test_register_503_when_github_does_not_answer(place: Place, fault: str) -> None:
    fake = place.at_github()
    client = place.client()
    place.github.fail(fault, on="RepositoryAccess")
    answer = client.post("/api/repositories", json={"owner": OWNER, "name": fake.name})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert repositories.find(place.context, OWNER, fake.name) is None


def test_register_follows_a_renamed_repository(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    old, new = git.facts.name, factories.name()
    place.github.move(git.full_name, f"{OWNER}/{new}")
    client = place.client()
    answer = client.post("/api/repositories", json={"owner": OWNER, "name": old})
    assert (answer.status_code, answer.json()["name"]) == (201, new)
    ready(client, f"/api/repositories/{OWNER}/{new}")


# Repeating


def test_register_again_with_the_same_key_answers_the_same(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client, headers = place.client(), {"Idempotency-Key": factories.token()}
    body = {"owner": OWNER, "name": git.facts.name}
    first = client.post("/api/repositories", json=body, headers=headers)
    again = client.post("/api/repositories", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Content-Type"] == again.headers["Content-Type"]
    other = client.post("/api/repositories", json={**body, "name": "other"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["detail"][0]["loc"] == ["parameters", "Idempotency-Key"]
    ready(client, f"/api/repositories/{git.full_name}")


def test_key_of_a_request_that_failed_may_be_used_again(place: Place) -> None:
    fake = place.at_github()
    client, headers = place.client(), {"Idempotency-Key": factories.token()}
    body = {"owner": OWNER, "name": fake.name}
    place.github.fail("500", on="RepositoryAccess")
    assert client.post("/api/repositories", json=body, headers=headers).status_code == 503
    assert client.post("/api/repositories", json=body, headers=headers).status_code == 201


def test_keys_of_two_accounts_are_two_keys(place: Place) -> None:
    headers = {"Idempotency-Key": factories.token()}
    repository = place.repository()
    path = f"{path_of(repository)}/builds"
    answers = [
        place.client(login).post(path, json={"ref": "main"}, headers=headers)
        for login in (OWNER, "writer")
    ]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_same_key_in_flight_409(place: Place) -> None:
    fake = place.at_github()
    key = {"Idempotency-Key": factories.token()}
    clients = [place.client(OWNER, key) for _ in range(2)]
    for client in clients:
        client.get("/api/repositories")
    body = {"owner": OWNER, "name": fake.name}
    place.github.fail("slow", on="RepositoryAccess", seconds=1.5)

    def register(client: httpx.Client) -> httpx.Response:
        return client.post("/api/repositories", json=body)

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(register, clients))
    assert statuses == [201, 409]
    assert clients[0].post("/api/repositories", json=body).status_code == 201


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
    ready(client, path)
    wait_until(lambda: client.get(path).json()["hook_state"] == "installed", what="it is told")
    assert client.delete(path).status_code == 204
    assert place.github.hooks(git.full_name) == []


def test_pull_202_fetches_and_builds_what_no_webhook_told_of(place: Place) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    client, path = place.client(), f"/api/repositories/{git.full_name}"
    client.post("/api/repositories", json={"owner": OWNER, "name": git.facts.name})
    before = ready(client, path)["last_pulled_at"]
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
    ready(client, path)
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
