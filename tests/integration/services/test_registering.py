"""The contract of registering a repository, and of doing a thing once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from myapp import repositories
from tests.integration.services.place import OWNER, Place, path_of, until_ready
from tests.support import factories
from tests.support.wait import wait_until

NOT_FOUND = b'{"detail":"Repository not found"}'
BAD_NAMES = ["", "-x", "a..b", "a/b", "a\0b", "x" * 300, ".git", "x.git", "env", "имя", ".", "a b"]


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
    found = until_ready(client, path)
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
    until_ready(client, path)


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
    until_ready(client, f"/api/repositories/{OWNER}/{new}")


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
    until_ready(client, f"/api/repositories/{git.full_name}")


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
