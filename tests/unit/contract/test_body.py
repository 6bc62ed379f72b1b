"""JSON bodies: what is taken, what is refused and with which words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from myapp.contract import Validated, load
from myapp.errors import MalformedRequest, ValidationFailed

PATH = {"owner": "octocat", "name": "hello-world", "key": "LEVEL", "id": "42"}
JSON = "application/json"


def send(name: str, body: Any, content_type: str | None = JSON) -> Validated:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return load().operations[name].validate(PATH, [], {}, raw, content_type)


def refused(name: str, body: Any, content_type: str | None = JSON) -> list:
    with pytest.raises(ValidationFailed) as failed:
        send(name, body, content_type)
    return [(item["loc"], item["message"]) for item in failed.value.detail]


def test_a_body_is_read():
    assert send("createBuild", {"ref": "main"}).body == {"ref": "main"}


def test_defaults_are_filled_in_and_are_not_shared():
    first = send("setVariable", {"value": "x"}).body
    assert first == {"value": "x", "secret": False, "jobs": ["test", "deploy"]}
    first["jobs"].clear()
    assert send("setVariable", {"value": "x"}).body["jobs"] == ["test", "deploy"]


def test_what_is_missing_and_what_is_unknown_is_named():
    assert refused("createRepository", {"owner": "octocat", "nmae": "x"}) == [
        (["body", "name"], "Field required"),
        (["body", "nmae"], "Unknown field"),
    ]


@pytest.mark.parametrize("body", [[], [1], 1, "x", None, True, 1.5])
def test_what_is_no_object_is_refused(body):
    assert refused("createRepository", body) == [(["body"], "Must be an object")]


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"value": 1}, {("value",): "Must be a string"}),
        ({"value": "a\0"}, {("value",): "Must not contain a NUL"}),
        ({"value": "a" * 70000}, {("value",): "Must have at most 65536 characters"}),
        ({"value": "", "secret": "yes"}, {("secret",): "Must be true or false"}),
        ({"value": "", "jobs": []}, {("jobs",): "Must have at least 1 item"}),
        ({"value": "", "jobs": ["test"] * 2}, {("jobs",): "Must not have the same item twice"}),
        (
            {"value": "", "jobs": ["build", "test"]},
            {("jobs", 0): "Must be one of test, deploy"},
        ),
        (
            {"value": None, "jobs": None},
            {("jobs",): "Must be an array", ("value",): "Must be a string"},
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_it_must_be(body, problems):
    expected = [(["body", *loc], message) for loc, message in problems.items()]
    assert refused("setVariable", body) == expected


def test_a_nullable_field_takes_null_and_says_so():
    assert send("updateRepository", {"timeout": None, "deploy_branch": None}).body
    assert refused("updateRepository", {"timeout": 1.0}) == [
        (["body", "timeout"], "Must be an integer or null")
    ]


def test_no_changes_are_refused():
    assert refused("updateRepository", {}) == [(["body"], "Must have at least 1 field")]


@pytest.mark.parametrize(
    "ref", ["", "-x", "a..b", "a b", "a~1", "a:b", "a\\b", "/a", "a/", "a.lock", "@", "a" * 256]
)
def test_a_ref_that_git_cannot_have_is_refused(ref):
    assert [loc for loc, _ in refused("createBuild", {"ref": ref})] == [["body", "ref"]]


@pytest.mark.parametrize("ref", ["main", "feature/x", "v1.0", "7fd1a60", "ветка", "refs/tags/a"])
def test_a_ref_that_git_has_is_taken(ref):
    assert send("createBuild", {"ref": ref}).body == {"ref": ref}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"ref": "main"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b'{"ref": "\\ud800"}',
        b'{"ref": "\xed\xa0\x80"}',
        b'{"timeout": ' + b"1" * 400 + b"}",
        b"[" * 5000 + b"]" * 5000,
        b"{'ref': 'main'}",
        b"ref=main",
        b" ",
    ],
)
def test_what_is_no_json_is_a_bad_request(raw):
    with pytest.raises(MalformedRequest) as malformed:
        send("createBuild", raw)
    assert malformed.value.detail == "The body is not JSON"


def test_the_last_one_of_two_equal_fields_counts():
    assert send("createBuild", b'{"ref": "a", "ref": "b"}').body == {"ref": "b"}


@pytest.mark.parametrize("depth", [30, 500, 1000])
def test_deep_nesting_is_refused(depth):
    raw = b'{"ref": ' + b"[" * depth + b"]" * depth + b"}"
    assert [loc for loc, _ in refused("createBuild", raw)] in ([["body", "ref"]], [["body"]])


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-json", "json"])
def test_another_content_type_is_refused(content_type):
    assert refused("createBuild", {"ref": "main"}, content_type) == [
        (["body"], "Must be sent as application/json")
    ]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_have_parameters_and_capitals(content_type):
    assert send("createBuild", {"ref": "main"}, content_type).body == {"ref": "main"}


def test_a_required_body_may_not_be_empty():
    assert refused("createBuild", b"", None) == [(["body"], "Body required")]


def test_an_optional_body_may_be_empty():
    assert send("cancelBuild", b"", None).body is None
    assert send("cancelBuild", {"reason": "wrong branch"}).body == {"reason": "wrong branch"}


def test_a_body_that_nobody_asked_for_is_passed_over():
    assert send("retryBuild", b"{", "text/plain").body is None


def test_a_webhook_keeps_its_raw_bytes_unread():
    operation = load().operations["receiveWebhook"]
    path = {"webhook_uid": "6b1c7c1e-5d2f-4f3b-9d57-0f1a2b3c4d5e"}
    headers = {"x-github-event": "push", "x-github-delivery": "1"}
    validated = operation.validate(path, [], headers, b"\xff{", "text/plain")
    assert validated.body == b"\xff{"
    assert validated.headers == {"X-GitHub-Event": "push", "X-GitHub-Delivery": "1"}


def test_problems_of_body_and_parameters_are_told_together():
    operation = load().operations["createBuild"]
    with pytest.raises(ValidationFailed) as failed:
        operation.validate({**PATH, "owner": "-"}, [("x", "")], {}, b"{}", JSON)
    assert [item["loc"] for item in failed.value.detail] == [
        ["body", "ref"],
        ["parameters", "owner"],
        ["parameters", "x"],
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"value": "", "jobs": list(range(200_000))},
        {"value": "", "jobs": [{"a": number} for number in range(100_000)]},
        {str(number): 1 for number in range(100_000)},
    ],
    ids=["numbers", "objects", "fields"],
)
def test_of_a_huge_wrong_body_the_first_problem_is_told(body):
    assert len(refused("setVariable", body)) == 1


def test_an_unknown_field_with_a_long_name_is_cut():
    assert refused("createBuild", {"ref": "main", "x" * 3000: 1}) == [
        (["body", "x" * 100], "Unknown field")
    ]
