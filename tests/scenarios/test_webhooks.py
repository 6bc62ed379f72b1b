"""GitHub's deliveries as the running service takes them, the right ones and all the others."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import uuid
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.scenarios.world import World, at_once, makefile, path_of
from tests.support import factories
from tests.support.api_client import Answer
from tests.support.git_server import GitRepository
from tests.support.github_deliveries import push_payload
from tests.support.webhook_examples import examples

LIMIT = 25 << 20
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
NOTHING = "0" * 40


@pytest.fixture(scope="module")
def repository(world: World) -> GitRepository:
    """A repository whose builds take no time."""
    return world.ready(makefile("true"))


def hook_of(repository: GitRepository) -> dict[str, str]:
    """Address and secret of its webhook."""
    [hook] = repository.facts.hooks.values()
    return hook["config"]


def signature(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def path(repository: GitRepository) -> str:
    """Where its deliveries go."""
    return urlsplit(hook_of(repository)["url"]).path


def headers(repository: GitRepository, raw: bytes, event: str = "push") -> dict[str, str]:
    """A delivery's headers, with the right signature."""
    return {
        "Content-Type": JSON,
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature(hook_of(repository)["secret"], raw),
    }


def deliver(
    world: World,
    repository: GitRepository,
    event: str,
    body: Any,
    *,
    delivery: str = "",
    changes: dict[str, str | None] | None = None,
) -> Answer:
    """Deliver a payload (or raw bytes), signed; headers that are None are left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**headers(repository, raw, event), **(changes or {})}
    if delivery:
        sent["X-GitHub-Delivery"] = delivery
    given = {name: value for name, value in sent.items() if value is not None}
    return world.api.anonymous().post(path(repository), body=raw, headers=given)


def push_of(world: World, repository: GitRepository, **fields: Any) -> dict[str, Any]:
    """A push event of a commit that is there."""
    sha = repository.commit({"n": factories.sha()})
    before = factories.sha()
    payload = push_payload(world.github.directory, repository.facts, "refs/heads/main", before, sha)
    return {**payload, **fields}


def builds_of(world: World, repository: GitRepository) -> int:
    """How many builds there are."""
    [(count,)] = world.rows(
        "select count(*) from builds where repository_id = ?", world.number(repository)
    )
    return int(count)


def is_due(event: str, payload: dict[str, Any]) -> bool:
    """Whether this example is to become a build."""
    head = payload.get("head_commit") or {}
    return (
        event == "push"
        and payload["ref"].startswith("refs/heads/")
        and not payload["deleted"]
        and "[skip ci]" not in head.get("message", "")
    )


@pytest.mark.npm
def test_every_example_of_githubs_is_answered_and_makes_a_build_where_one_is_due(
    world: World,
) -> None:
    repository = world.ready(makefile("true"))
    due = sent = 0
    for event, number, payload in examples():
        answer = deliver(world, repository, event, payload)
        wanted = 202 if is_due(event, payload) else 200
        assert answer.status == wanted, (event, number, answer.status, answer.text)
        if wanted == 202:
            assert answer.json["sha"] == payload["after"]
            assert f"refs/heads/{answer.json['branch']}" == payload["ref"]
        else:
            assert answer.json["detail"]
        due += wanted == 202
        sent += 1
    assert sent > 300
    assert due > 0
    assert builds_of(world, repository) == due
    # None of them spoke of this repository: it is called what it was.
    assert world.shown(repository)["owner"] == repository.facts.owner


class TestNoBuild:
    def test_a_ping(self, world: World, repository: GitRepository) -> None:
        [ping] = world.github.deliver(repository.full_name, "ping")
        assert (ping.status, ping.json) == (200, {"detail": "The webhook works"})

    def test_a_tag(self, world: World, repository: GitRepository) -> None:
        [told] = world.github.tag(repository.full_name, "v1", repository.head)
        assert told.status == 200
        assert "tag" in told.json["detail"]

    def test_a_branch_that_was_deleted(self, world: World, repository: GitRepository) -> None:
        repository.commit({"n": "1"}, branch="gone")
        before = repository.facts.branches["gone"]
        repository.delete_branch("gone")
        [told] = world.github.tell_push(repository.full_name, "refs/heads/gone", before, NOTHING)
        assert (told.status, told.json) == (200, {"detail": "The branch was deleted"})

    @pytest.mark.parametrize(
        "message", ["Docs [skip ci]", "[CI SKIP] Docs", "D\n\n\nskip-checks: true"]
    )
    def test_a_message_that_asks_for_none(
        self, world: World, repository: GitRepository, message: str
    ) -> None:
        count = builds_of(world, repository)
        [told] = repository.push({"n": factories.sha()}, message=message).deliveries
        assert told.status == 200
        assert "skip" in told.json["detail"].lower()
        assert builds_of(world, repository) == count

    def test_the_delivery_is_listed_with_its_reason(
        self, world: World, repository: GitRepository
    ) -> None:
        [told] = repository.push({"n": factories.sha()}, message="[no ci]").deliveries
        shown = world.rows("select detail from deliveries where delivery_id = ?", told.id)
        assert shown == [(told.json["detail"],)]


class TestNotGenuine:
    @pytest.mark.parametrize(
        "given",
        [
            None,
            "",
            "sha256=",
            "sha256=" + "0" * 64,
            "sha1=" + "0" * 40,
        ],
    )
    def test_without_the_right_signature_it_is_refused(
        self, world: World, repository: GitRepository, given: str | None
    ) -> None:
        count = builds_of(world, repository)
        payload = push_of(world, repository)
        header = {"X-Hub-Signature-256": given}
        answer = deliver(world, repository, "push", payload, changes=header)
        assert (answer.status, answer.json) == (
            403,
            {"detail": "The signature is missing or wrong"},
        )
        assert builds_of(world, repository) == count

    def test_a_signature_with_another_secret_is_refused(
        self, world: World, repository: GitRepository
    ) -> None:
        raw = json.dumps(push_of(world, repository)).encode()
        header = {"X-Hub-Signature-256": signature("another secret", raw)}
        assert deliver(world, repository, "push", raw, changes=header).status == 403

    def test_nothing_is_looked_at_before_the_signature(
        self, world: World, repository: GitRepository
    ) -> None:
        header = {"X-Hub-Signature-256": None, "X-GitHub-Event": None}
        assert deliver(world, repository, "push", b"{broken", changes=header).status == 403

    def test_an_unknown_address(self, world: World) -> None:
        answer = world.api.anonymous().post("/api/webhooks/nobody-has-this-one", {"zen": "x"})
        assert (answer.status, answer.json) == (404, {"detail": "Repository not found"})

    def test_after_a_new_secret_only_that_one_counts(self, world: World) -> None:
        repository = world.ready(makefile("true"))
        old = hook_of(repository)["secret"]
        answer = world.api.post(f"{path_of(repository)}/webhook-secret")
        assert answer.status == 200
        assert hook_of(repository)["secret"] == answer.json["secret"] != old
        raw = json.dumps(push_of(world, repository)).encode()
        header = {"X-Hub-Signature-256": signature(old, raw)}
        assert deliver(world, repository, "push", raw, changes=header).status == 403
        assert deliver(world, repository, "push", raw).status == 202


class TestTwice:
    def test_the_same_delivery_again_changes_nothing(
        self, world: World, repository: GitRepository
    ) -> None:
        payload, delivery = push_of(world, repository), str(uuid.uuid4())
        assert deliver(world, repository, "push", payload, delivery=delivery).status == 202
        count = builds_of(world, repository)
        again = deliver(world, repository, "push", payload, delivery=delivery)
        assert (again.status, again.json["detail"]) == (200, "This delivery was received before")
        assert builds_of(world, repository) == count

    def test_at_the_same_moment_they_make_one_build(
        self, world: World, repository: GitRepository
    ) -> None:
        payload, delivery = push_of(world, repository), str(uuid.uuid4())
        count = builds_of(world, repository)
        answers = at_once(
            8, lambda _: deliver(world, repository, "push", payload, delivery=delivery)
        )
        assert sorted(answer.status for answer in answers) == [200] * 7 + [202]
        assert builds_of(world, repository) == count + 1

    def test_different_pushes_at_the_same_moment_make_a_build_each(
        self, world: World, repository: GitRepository
    ) -> None:
        payloads = [
            push_of(world, repository, ref=f"refs/heads/branch-{number}") for number in range(8)
        ]
        answers = at_once(8, lambda number: deliver(world, repository, "push", payloads[number]))
        assert [answer.status for answer in answers] == [202] * 8
        assert len({answer.json["number"] for answer in answers}) == 8


class TestBodies:
    def test_form_encoded(self, world: World, repository: GitRepository) -> None:
        payload = push_of(world, repository)
        raw = urlencode({"payload": json.dumps(payload)}).encode()
        answer = deliver(world, repository, "push", raw, changes={"Content-Type": FORM})
        assert answer.status == 202
        assert answer.json["sha"] == payload["after"]

    @pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{broken", b"\xff\xfe", b"null", b'"push"'])
    def test_what_is_no_object_is_400(
        self, world: World, repository: GitRepository, raw: bytes
    ) -> None:
        for kind in (JSON, FORM):
            status, answer = raw_delivery(world, repository, raw, kind)
            assert (status, list(answer)) == (400, ["detail"]), raw

    @pytest.mark.parametrize("depth", [30, 100_000])
    def test_deep_nesting(self, world: World, repository: GitRepository, depth: int) -> None:
        raw = b'{"ref":' + b"[" * depth + b"]" * depth + b"}"
        assert raw_delivery(world, repository, raw, JSON)[0] == (200 if depth < 100 else 400)

    @pytest.mark.parametrize("missing", ["X-GitHub-Event", "X-GitHub-Delivery"])
    def test_a_missing_header_is_named(
        self, world: World, repository: GitRepository, missing: str
    ) -> None:
        payload = push_of(world, repository)
        answer = deliver(world, repository, "push", payload, changes={missing: None})
        assert answer.status == 422
        assert answer.json["detail"][0]["loc"] == ["parameters", missing]

    @pytest.mark.parametrize(
        "fields",
        [
            {"ref": None},
            {"ref": 7},
            {"ref": "refs/heads/"},
            {"ref": "refs/heads/a..b"},
            {"ref": "refs/heads/\0"},
            {"after": "not a sha"},
            {"after": ["a"]},
            {"head_commit": "text"},
            {"head_commit": {"message": {"not": "text"}}},
            {"pusher": None, "repository": None, "commits": None},
        ],
    )
    def test_odd_fields_are_no_error(
        self, world: World, repository: GitRepository, fields: dict[str, Any]
    ) -> None:
        raw = json.dumps({**push_of(world, repository), **fields}).encode()
        assert raw_delivery(world, repository, raw, JSON)[0] in (200, 202)

    def test_25_megabytes_are_taken_and_more_is_not(
        self, world: World, repository: GitRepository
    ) -> None:
        payload = push_of(world, repository)
        padding = LIMIT - len(json.dumps({**payload, "padding": ""}))
        raw = json.dumps({**payload, "padding": "x" * padding}).encode()
        assert len(raw) == LIMIT
        assert deliver(world, repository, "push", raw).status == 202
        for more in (raw + b" ", raw + b" " * (1 << 20)):
            assert deliver(world, repository, "push", more).status == 413

    def test_a_body_of_unknown_length_is_refused(
        self, world: World, repository: GitRepository
    ) -> None:
        assert chunked_delivery(world, repository) == 411

    def test_it_answers_as_before_after_all_this(
        self, world: World, repository: GitRepository
    ) -> None:
        assert world.pushed(repository)["state"] == "passed"
        assert world.api.get("/api/health").status == 200


def raw_delivery(
    world: World, repository: GitRepository, raw: bytes, kind: str
) -> tuple[int, dict[str, Any]]:
    """Status and body for a signed delivery that the contract's own check could not read."""
    given = headers(repository, raw)
    connection = http.client.HTTPConnection("127.0.0.1", world.service.port, timeout=30)
    try:
        connection.request("POST", path(repository), raw, {**given, "Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def chunked_delivery(world: World, repository: GitRepository) -> int:
    """The status for a delivery that does not say how long it is."""
    connection = http.client.HTTPConnection("127.0.0.1", world.service.port, timeout=30)
    try:
        given = {**headers(repository, b"{}"), "Transfer-Encoding": "chunked"}
        connection.request("POST", path(repository), headers=given)
        return connection.getresponse().status
    finally:
        connection.close()
