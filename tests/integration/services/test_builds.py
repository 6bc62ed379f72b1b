"""The contract of listing, making, reading, cancelling and retrying builds."""

from __future__ import annotations

from typing import Any

import pytest

from myapp import builds
from tests.integration.services.place import FAILED, OWNER, Place, path_of
from tests.support import domain, factories
from tests.support.wait import wait_until

NOT_FOUND = b'{"detail":"Build not found"}'


def test_list_builds_pages_by_link_newest_first(place: Place) -> None:
    repository = place.repository()
    made = [place.queued(repository, branch=f"b{n}", ref=f"refs/heads/b{n}") for n in range(5)]
    client, seen, pages = place.client(), [], 0
    path = f"{path_of(repository)}/builds?limit=2"
    while path:
        answer = client.get(path)
        seen += [one["number"] for one in answer.json()]
        pages += 1
        link = answer.links.get("next")
        path = link["url"].removeprefix(place.service.url) if link else ""
    assert (seen, pages) == ([5, 4, 3, 2, 1], 3)
    assert [build.number for build in made] == [1, 2, 3, 4, 5]


def test_list_builds_of_one_branch_keeps_it_in_the_link(place: Place) -> None:
    repository = place.repository()
    for branch in ("main", "feature/a&b", "feature/a&b", "main"):
        place.finished(repository, branch=branch, ref=f"refs/heads/{branch}")
    client = place.client()
    first = client.get(
        f"{path_of(repository)}/builds", params={"branch": "feature/a&b", "limit": 1}
    )
    assert [one["number"] for one in first.json()] == [3]
    second = client.get(first.links["next"]["url"])
    assert [one["number"] for one in second.json()] == [2]


def test_list_builds_shows_the_services_own_changes_at_once(place: Place) -> None:
    repository, client = place.repository(), place.client()
    path = f"{path_of(repository)}/builds"
    assert client.get(path).json() == []
    for number in (1, 2, 3):
        build = client.post(path, json={"ref": "main"}).json()
        assert client.get(path).json()[0]["number"] == number
        client.post(f"/api/builds/{build['id']}/cancel")
        assert client.get(path).json()[0]["state"] == "cancelled"


def test_list_builds_shows_what_workers_change(place: Place) -> None:
    repository, client = place.repository(), place.client()

    def shows(*states: str) -> None:
        path = f"{path_of(repository)}/builds"
        wait_until(
            lambda: [one["state"] for one in client.get(path).json()] == list(states),
            what=f"the list shows {states}",
        )

    shows()
    build = place.running(repository)
    shows("running")
    place.finish(build)
    shows("passed")
    place.queued(repository)
    shows("queued", "passed")


def test_get_build_tells_everything_about_it(place: Place) -> None:
    repository = place.repository()
    build = place.finished(repository, b"12345\n", FAILED, message="Say hello")
    shape = place.client().get(f"/api/builds/{build.id}").json()
    told = {name: shape[name] for name in ("state", "exit_code", "max_rss", "cpu_seconds", "job")}
    assert told == {
        "state": "failed",
        "exit_code": 2,
        "max_rss": 1 << 20,
        "cpu_seconds": 0.5,
        "job": "test",
    }
    assert shape["reason"]
    assert (shape["message"], shape["log_size"], shape["event"]) == ("Say hello", 6, "push")
    assert shape["html_url"] == f"{place.service.url}/builds/{build.id}"
    assert shape["log_url"] == f"{place.service.url}/api/builds/{build.id}/log"
    assert shape["created_at"].endswith("Z")


def test_queued_build_says_why_it_waits(place: Place) -> None:
    build = place.queued(place.repository())
    shape = place.client().get(f"/api/builds/{build.id}").json()
    assert (shape["state"], shape["attempt"]) == ("queued", 0)
    assert shape["reason"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "9" * 17])
def test_get_build_422_for_what_is_no_id(place: Place, number: str) -> None:
    answer = place.client().get(f"/api/builds/{number}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", "id"]


@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("GET", "/log"), ("GET", "/log/stream"), ("POST", "/cancel"), ("POST", "/retry")],
)
def test_absent_build_404(place: Place, method: str, rest: str) -> None:
    answer = place.client().request(method, f"/api/builds/9007199254740991{rest}")
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize("kind", ["branch", "full", "sha", "short", "tag"])
def test_create_build_202_of_a_branch_a_tag_or_a_commit(place: Place, kind: str) -> None:
    repository = place.repository()
    fake = place.github.repository(repository.full_name)
    head = fake.head or ""
    fake.tags["v1.0"] = head
    ref = {
        "branch": "main",
        "full": "refs/heads/main",
        "sha": head,
        "short": head[:10],
        "tag": "v1.0",
    }[kind]
    answer = place.client("writer").post(f"{path_of(repository)}/builds", json={"ref": ref})
    assert answer.status_code == 202
    shape = answer.json()
    assert (shape["sha"], shape["event"], shape["state"]) == (head, "manual", "queued")
    assert answer.headers["Location"].endswith(f"/api/builds/{shape['id']}")
    assert place.client().get(answer.headers["Location"]).json()["id"] == shape["id"]


def test_create_build_of_an_unknown_ref(place: Place) -> None:
    answer = place.client().post(
        f"{path_of(place.repository())}/builds", json={"ref": "no-such-branch"}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "ref"]


@pytest.mark.parametrize("ref", ["", "-x", "a..b", "a b", "x" * 300, "a\0b", "@", None, 7])
def test_create_build_422_names_the_ref(place: Place, ref: Any) -> None:
    answer = place.client().post(f"{path_of(place.repository())}/builds", json={"ref": ref})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "ref"]


def test_create_build_409_while_it_is_being_cloned(place: Place) -> None:
    repository = place.registered()
    answer = place.client().post(f"{path_of(repository)}/builds", json={"ref": "main"})
    assert answer.status_code == 409
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("fault", ["500", "closed", "rate-limited"])
def test_create_build_503_when_github_does_not_answer(place: Place, fault: str) -> None:
    repository, client = place.repository(), place.client()
    client.get(path_of(repository))
    place.github.fail(fault, on="FindCommit")
    answer = client.post(f"{path_of(repository)}/builds", json={"ref": "main"})
    assert answer.status_code == 503
    assert client.get(f"{path_of(repository)}/builds").json() == []


def test_create_build_again_with_the_same_key_makes_one(place: Place) -> None:
    repository, client = place.repository(), place.client()
    key = {"Idempotency-Key": factories.token()}
    path = f"{path_of(repository)}/builds"
    answers = [client.post(path, json={"ref": "main"}, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(client.get(path).json()) == 1
    assert client.post(path, json={"ref": "other"}, headers=key).status_code == 422


@pytest.mark.parametrize("key", ["a b", "x" * 256])
def test_key_that_is_none_is_422(place: Place, key: str) -> None:
    repository = place.repository()
    answer = place.client().post(
        f"{path_of(repository)}/builds", json={"ref": "main"}, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", "Idempotency-Key"]


def test_cancel_queued_build_at_once_with_who_and_why(place: Place) -> None:
    build = place.queued(place.repository())
    client = place.client("writer")
    answer = client.post(f"/api/builds/{build.id}/cancel", json={"reason": "wrong branch"})
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert "writer" in answer.json()["reason"]
    assert "wrong branch" in answer.json()["reason"]


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"reason": None}}])
def test_cancel_needs_no_reason(place: Place, options: dict[str, Any]) -> None:
    build = place.queued(place.repository())
    answer = place.client().post(f"/api/builds/{build.id}/cancel", **options)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_cancel_running_build_asks_its_worker(place: Place) -> None:
    build = place.running(place.repository())
    domain.worker(place.context)
    answer = place.client().post(f"/api/builds/{build.id}/cancel", json={"reason": "no more"})
    assert (answer.status_code, answer.json()["state"]) == (200, "running")
    renewal = builds.renew(place.context, build.id, build.attempt)
    assert (renewal.cancelled_by, renewal.reason) == (OWNER, "no more")
    place.finish(build)
    builds.workers.gone(place.context, "w1")


def test_cancel_409_when_it_has_ended(place: Place) -> None:
    build = place.finished(place.repository())
    answer = place.client().post(f"/api/builds/{build.id}/cancel", json={})
    assert answer.status_code == 409


def test_cancel_again_with_the_same_key_answers_the_same(place: Place) -> None:
    build = place.queued(place.repository())
    client, key = place.client(), {"Idempotency-Key": factories.token()}
    path = f"/api/builds/{build.id}/cancel"
    answers = [client.post(path, json={"reason": "x"}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("body", [{"reason": "x" * 501}, {"reason": 7}, {"why": "x"}, []])
def test_cancel_422_for_another_body(place: Place, body: Any) -> None:
    build = place.queued(place.repository())
    assert place.client().post(f"/api/builds/{build.id}/cancel", json=body).status_code == 422


def test_retry_202_is_a_new_build_of_the_same_commit(place: Place) -> None:
    build = place.finished(place.repository(), result=FAILED)
    client = place.client("writer")
    answer = client.post(f"/api/builds/{build.id}/retry")
    shape = answer.json()
    assert (answer.status_code, shape["event"], shape["retry_of"]) == (202, "retry", build.id)
    assert (shape["sha"], shape["number"]) == (build.sha, build.number + 1)
    assert answer.headers["Location"].endswith(f"/api/builds/{shape['id']}")


def test_retry_with_the_same_key_makes_one(place: Place) -> None:
    build = place.finished(place.repository())
    client, key = place.client(), {"Idempotency-Key": factories.token()}
    answers = [client.post(f"/api/builds/{build.id}/retry", headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


def test_retry_409_while_it_has_not_ended(place: Place) -> None:
    build = place.queued(place.repository())
    assert place.client().post(f"/api/builds/{build.id}/retry").status_code == 409
