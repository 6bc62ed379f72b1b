"""Which operation a method and a path are."""

from __future__ import annotations

import pytest

from myapp.contract import load
from myapp.errors import MalformedRequest


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("GET", "/api/repositories", "listRepositories", {}),
        ("POST", "/api/repositories", "createRepository", {}),
        ("GET", "/api/repositories/favorites", "listFavorites", {}),
        ("GET", "/api/repositories/octocat", "listOwnerRepositories", {"owner": "octocat"}),
        ("GET", "/api/repositories/a/env", "listOwnerVariables", {"owner": "a"}),
        ("GET", "/api/repositories/a/env/builds", "getOwnerVariable", {"owner": "a"}),
        ("GET", "/api/repositories/a/b", "getRepository", {"owner": "a", "name": "b"}),
        ("GET", "/api/repositories/favorites/b", "getRepository", {"owner": "favorites"}),
        ("GET", "/api/repositories/a/b/env/K", "getVariable", {"name": "b", "key": "K"}),
        ("GET", "/api/builds/42", "getBuild", {"id": "42"}),
        ("GET", "/api/badges/a/b.svg", "getBadge", {"owner": "a", "name": "b"}),
        ("GET", "/api/badges/a/b.svg.svg", "getBadge", {"owner": "a", "name": "b.svg"}),
        ("GET", "/api/public/references", "getReferences", {}),
        ("HEAD", "/api/health", "getHealth", {}),
    ],
)
def test_a_request_finds_its_operation(method, path, operation, parameters):
    match = load().match(method, path)
    assert match is not None
    assert match.operation.id == operation
    assert match.parameters.items() >= parameters.items()


def test_every_operation_is_found_by_its_own_path():
    for operation in load().operations.values():
        path = operation.path.replace("{", "").replace("}", "")
        match = load().match(operation.method, "/api" + path)
        assert match is not None and match.operation is operation


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/repositories",
        "/apirepositories",
        "/api/repositories/",
        "/api//repositories",
        "/api/repositories/a//builds",
        "/api/badges/a/b",
        "/api/badges/a/.svg",
        "/api/builds/42/nothing",
        "/api/" + "a/" * 5000,
    ],
)
def test_what_is_no_path_finds_nothing(path):
    assert load().match("GET", path) is None
    assert load().allowed(path) == ()


def test_a_path_tells_its_methods():
    assert load().match("TRACE", "/api/repositories/a/b") is None
    assert load().allowed("/api/repositories/a/b") == ("DELETE", "GET", "HEAD", "PATCH")
    assert load().allowed("/api/builds/1/retry") == ("POST",)
    assert load().match("HEAD", "/api/builds/1/retry") is None


def test_a_parameter_is_unquoted_once():
    match = load().match("GET", "/api/repositories/a%2Fb/c%252e+d%00")
    assert match is not None
    assert match.parameters == {"owner": "a/b", "name": "c%2e+d\x00"}


def test_a_path_that_is_not_utf_8_is_a_bad_request():
    with pytest.raises(MalformedRequest):
        load().match("GET", "/api/repositories/%ff")
