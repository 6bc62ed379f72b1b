"""Every query is right by GitHub's published schema, every body by its OpenAPI description."""

from __future__ import annotations

import pytest

from myapp.github import requests, statuses
from tests.support.github_graphql import problems
from tests.support.github_openapi import OffTheSchema, check_request

pytestmark = pytest.mark.npm


@pytest.mark.parametrize("operation", requests.QUERIES)
def test_query_is_right_by_githubs_schema(operation: str) -> None:
    assert problems(requests.QUERIES[operation]) == ()


@pytest.mark.parametrize(
    "request_",
    [
        requests.list_hooks("t", "octocat", "hello"),
        requests.create_hook("t", "octocat", "hello", "https://ci.example/x", "s"),
        requests.update_hook("t", "octocat", "hello", 1, "https://ci.example/x", "s"),
        requests.delete_hook("t", "octocat", "hello", 1),
        *(
            requests.create_status(
                "t", "octocat", "hello", "a" * 40, *statuses.for_build(state), "c", None
            )
            for state in statuses.STATES
        ),
    ],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_body_is_right_by_githubs_description(request_: requests.Request) -> None:
    path, _, query = request_.path.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    check_request(request_.method, path, pairs, request_.data() or b"")


def test_the_checks_do_refuse() -> None:
    assert problems("{ viewer { logon } }")
    with pytest.raises(OffTheSchema):
        check_request("POST", "/repos/a/b/statuses/" + "a" * 40, {}, b'{"state": "running"}')
