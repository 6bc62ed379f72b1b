"""The contract of GitHub's deliveries, and of the webhook at GitHub."""

from __future__ import annotations

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from myapp import repositories
from myapp.repositories import Repository
from tests.integration.services.place import OWNER, Place, path_of
from tests.support import factories
from tests.support.github_deliveries import NOTHING, payload, push_payload

WRONG = {"detail": "The signature is missing or wrong"}


def sign(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def deliver(
    place: Place,
    repository: Repository,
    event: str,
    body: Any,
    *,
    client: httpx.Client | None = None,
    delivery: str = "",
    **headers: str | None,
) -> httpx.Response:
    """A delivery as GitHub sends it; headers by their names with `_`, None leaves one out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    secret = repositories.webhook_secret(place.context, repository.id)
    sent: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or factories.token(),
        "X-Hub-Signature-256": sign(secret, raw),
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    given = {name: value for name, value in sent.items() if value is not None}
    client = client or place.client(None)
    return client.post(f"/api/webhooks/{repository.webhook_uid}", content=raw, headers=given)


def push(place: Place, repository: Repository, branch: str = "main", **facts: Any) -> Any:
    """A push event's payload of a new commit."""
    fake = place.github.repository(repository.full_name)
    sha = fake.add_commit(branch, message=facts.pop("message", "Say hello"))
    body = push_payload(place.github.directory, fake, f"refs/heads/{branch}", NOTHING, sha)
    return {**body, **facts}


def test_push_202_and_the_build(place: Place) -> None:
    repository = place.repository()
    body = push(place, repository)
    answer = deliver(place, repository, "push", body)
    assert answer.status_code == 202
    shape = answer.json()
    assert (shape["state"], shape["event"], shape["sha"]) == ("queued", "push", body["after"])
    assert (shape["branch"], shape["message"]) == ("main", "Say hello")
    listed = place.client().get(f"{path_of(repository)}/builds").json()
    assert [one["id"] for one in listed] == [shape["id"]]


def test_same_delivery_again_200_and_nothing_doubled(place: Place) -> None:
    repository = place.repository()
    body, delivery = push(place, repository), factories.token()
    first = deliver(place, repository, "push", body, delivery=delivery)
    again = deliver(place, repository, "push", body, delivery=delivery)
    assert (first.status_code, again.status_code) == (202, 200)
    assert len(place.client().get(f"{path_of(repository)}/builds").json()) == 1


def test_same_delivery_at_the_same_moment_makes_one_build(place: Place) -> None:
    repository = place.repository()
    body, delivery = push(place, repository), factories.token()
    clients = [place.client(None) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda client: (
                    deliver(
                        place, repository, "push", body, client=client, delivery=delivery
                    ).status_code
                ),
                clients,
            )
        )
    assert sorted(statuses) == [200] * 7 + [202]
    assert len(place.client().get(f"{path_of(repository)}/builds").json()) == 1


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "x"],
)
def test_signature_missing_or_wrong_403(place: Place, signature: str | None) -> None:
    repository = place.repository()
    body = json.dumps(push(place, repository)).encode()
    answer = deliver(place, repository, "push", body, X_Hub_Signature_256=signature)
    assert (answer.status_code, answer.json()) == (403, WRONG)
    assert place.client().get(f"{path_of(repository)}/builds").json() == []
    assert place.client().get(f"{path_of(repository)}/deliveries").json() == []


def test_signature_is_over_the_raw_bytes(place: Place) -> None:
    repository = place.repository()
    raw = json.dumps(push(place, repository), indent=3).encode() + b"\n "
    assert deliver(place, repository, "push", raw).status_code == 202
    secret = repositories.webhook_secret(place.context, repository.id)
    other = sign(secret, json.dumps(json.loads(raw)).encode())
    answer = deliver(place, repository, "push", raw, X_Hub_Signature_256=other)
    assert answer.status_code == 403


def test_signature_comes_before_the_body_is_looked_at(place: Place) -> None:
    repository = place.repository()
    bad = sign("other", b"{broken")
    answer = deliver(place, repository, "push", b"{broken", X_Hub_Signature_256=bad)
    assert answer.status_code == 403
    assert deliver(place, repository, "push", b"{broken").status_code == 400


@pytest.mark.parametrize("name", ["X_GitHub_Event", "X_GitHub_Delivery"])
def test_signed_delivery_without_its_header_422(place: Place, name: str) -> None:
    repository = place.repository()
    missing: Any = {name: None}
    answer = deliver(place, repository, "push", push(place, repository), **missing)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", name.replace("_", "-")]


def test_unknown_address_404(place: Place) -> None:
    answer = place.client(None).post("/api/webhooks/" + "x" * 32, json={})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Repository not found"})


@pytest.mark.parametrize(
    ("event", "change", "why"),
    [
        ("ping", {}, "The webhook works"),
        ("push", {"deleted": True, "after": NOTHING, "head_commit": None}, "deleted"),
        ("push", {"ref": "refs/tags/v1"}, "tag"),
        ("issues", {}, ""),
        ("pull_request", {"action": "opened"}, ""),
        ("star", {"action": "created"}, ""),
    ],
)
def test_what_makes_no_build_200_says_why(
    place: Place, event: str, change: dict[str, Any], why: str
) -> None:
    repository = place.repository()
    if event == "push":
        body = {**push(place, repository), **change}
    else:
        fake = place.github.repository(repository.full_name)
        body = payload(place.github.directory, fake, event, **change)
    answer = deliver(place, repository, event, body)
    assert answer.status_code == 200
    assert why.lower() in answer.json()["detail"].lower()
    assert place.client().get(f"{path_of(repository)}/builds").json() == []


def test_skip_ci_200(place: Place) -> None:
    repository = place.repository()
    answer = deliver(place, repository, "push", push(place, repository, message="Docs [skip ci]"))
    assert answer.status_code == 200
    assert "skip" in answer.json()["detail"].lower()


def test_deliveries_are_listed_with_what_came_of_them_by_pages(place: Place) -> None:
    repository = place.repository()
    made = deliver(place, repository, "push", push(place, repository)).json()
    for _ in range(3):
        deliver(place, repository, "ping", {"zen": "Keep it logically awesome."})
    client, seen, pages = place.client("writer"), [], 0
    path = f"{path_of(repository)}/deliveries?limit=2"
    while path:
        answer = client.get(path)
        seen += [(one["event"], one["build_id"]) for one in answer.json()]
        pages += 1
        link = answer.links.get("next")
        path = link["url"].removeprefix(place.service.url) if link else ""
    assert seen == [("ping", None)] * 3 + [("push", made["id"])]
    assert pages == 3  # the second one is full: only the next tells that it was the last


def test_body_of_more_than_25_megabytes_413(place: Place) -> None:
    repository = place.repository()
    big = b'{"x": "' + b"x" * (25 << 20) + b'"}'
    assert deliver(place, repository, "push", big, client=place.plain(None)).status_code == 413
    fits = b'{"zen": "' + b"x" * ((25 << 20) - 100) + b'"}'
    assert deliver(place, repository, "ping", fits, client=place.plain(None)).status_code == 200


def test_many_forged_deliveries_from_one_address_429(place: Place) -> None:
    repository, client = place.repository(), place.client(None)
    forged = {"X_Hub_Signature_256": "sha256=" + "0" * 64}
    statuses = [
        deliver(place, repository, "push", {}, client=client, **forged).status_code
        for _ in range(75)
    ]
    assert statuses[:60] == [403] * 60
    assert 429 in statuses
    assert deliver(place, repository, "push", push(place, repository)).status_code == 202


# The webhook at GitHub


def test_hook_is_installed_with_the_callers_token(place: Place) -> None:
    repository = place.repository()
    answer = place.client("boss").post(f"{path_of(repository)}/hook")
    assert (answer.status_code, answer.json()["state"]) == (200, "installed")
    assert answer.json()["instructions"] == []
    [hook] = place.github.hooks(repository.full_name)
    assert hook["config"]["url"] == answer.json()["url"]
    assert hook["config"]["secret"] == repositories.webhook_secret(place.context, repository.id)


def test_hook_that_drifted_is_repaired_and_not_doubled(place: Place) -> None:
    repository, client = place.repository(), place.client()
    client.post(f"{path_of(repository)}/hook")
    [hook] = place.github.hooks(repository.full_name)
    hook["active"], hook["events"] = False, ["star"]
    client.post(f"{path_of(repository)}/hook")
    [hook] = place.github.hooks(repository.full_name)
    assert (hook["active"], "push" in hook["events"]) == (True, True)


def test_hook_that_the_token_may_not_install_is_manual_with_the_steps(place: Place) -> None:
    repository = place.repository()
    token = place.github.add_token(OWNER, scopes=("repo",))
    headers = {"X-GitHub-Username": OWNER, "X-GitHub-Personal-Token": token}
    place.github.fail("404", on="GET /repos", times=5)
    shape = place.client(None, headers).post(f"{path_of(repository)}/hook").json()
    assert shape["state"] == "manual"
    assert shape["reason"]
    assert any(shape["url"] in step for step in shape["instructions"])
    found = place.client().get(path_of(repository)).json()
    assert (found["hook_state"], found["hook_reason"]) == ("manual", shape["reason"])


def test_hook_503_when_github_does_not_answer(place: Place) -> None:
    repository, client = place.repository(), place.client()
    client.get(path_of(repository))
    place.github.fail("500", on="GET /repos")
    assert client.post(f"{path_of(repository)}/hook").status_code == 503


def test_new_secret_is_shown_once_and_the_old_one_is_worthless(place: Place) -> None:
    repository, client = place.repository(), place.client()
    old = repositories.webhook_secret(place.context, repository.id)
    answer = client.post(f"{path_of(repository)}/webhook-secret")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    secret = answer.json()["secret"]
    assert secret != old
    raw = json.dumps(push(place, repository)).encode()
    refused = deliver(place, repository, "push", raw, X_Hub_Signature_256=sign(old, raw))
    taken = deliver(place, repository, "push", raw, X_Hub_Signature_256=sign(secret, raw))
    assert (refused.status_code, taken.status_code) == (403, 202)
    assert secret not in place.service.log
    assert secret not in client.get(path_of(repository)).text


def test_new_secret_reaches_a_hook_that_is_ours(place: Place) -> None:
    repository, client = place.repository(), place.client()
    client.post(f"{path_of(repository)}/hook")
    secret = client.post(f"{path_of(repository)}/webhook-secret").json()["secret"]
    [hook] = place.github.hooks(repository.full_name)
    assert hook["config"]["secret"] == secret
