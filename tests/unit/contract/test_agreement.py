"""Our compiled checks and openapi-core's agree on what keeps the contract and what does not."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from myapp.contract import Operation, load
from myapp.errors import HobotnicaError
from myapp.github import names
from tests.support.contract_check import Exchange, request_errors

WITH_BODY = [item for item in load().operations.values() if item.body is not None]
WITH_QUERY = [
    load().operations[name]
    for name in ("listRepositories", "listBuilds", "listFavorites", "getBuildLog", "getBadge")
]
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
NAME = LINE | st.sampled_from(
    ["octocat", "a", "-a", "a..b", ".git", "x.git", "env", "Env", ".", "a_b", "a-", "main", "v1/x"]
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "owner": NAME,
    "name": NAME,
    "ref": NAME,
    "value": LINE,
    "secret": st.booleans(),
    "jobs": st.lists(st.sampled_from(["test", "deploy", "build"]), max_size=3),
    "reason": st.none() | LINE,
    "test_target": NAME,
    "deploy_target": NAME,
    "deploy_branch": st.none() | NAME,
    "auto_deploy": st.booleans(),
    "build_pull_requests": st.booleans(),
    "one_build_per_branch": st.booleans(),
    "timeout": st.none() | st.integers(-1, 700_000),
}
ANYTHING = st.none() | st.booleans() | st.integers(-5, 5) | LINE | st.lists(LINE, max_size=2)


@st.composite
def bodies(draw: st.DrawFn, operation: Operation) -> Any:
    """Draw a body that is often right, and often nearly."""
    properties = list(operation.body._schema["properties"])  # type: ignore[union-attr]
    chosen = draw(st.lists(st.sampled_from(properties), unique=True))
    body = {name: draw(FIELDS[name] if draw(st.integers(0, 9)) else ANYTHING) for name in chosen}
    if not draw(st.integers(0, 9)):
        body[draw(LINE)] = draw(ANYTHING)
    return body


def exchange(operation: Operation, path: dict[str, str], query: Any, body: bytes) -> Exchange:
    text = operation.path
    for name, value in path.items():
        text = text.replace("{" + name + "}", quote(value, safe=""))
    return Exchange(
        method=operation.method,
        url=f"http://service.test/api{text}?{urlencode(query)}",
        request_headers=[
            ("Content-Type", "application/json"),
            ("X-GitHub-Personal-Token", "x"),
        ],
        request_body=body,
        status=200,
        headers=[],
        body=b"",
    )


def ours_takes(operation: Operation, path: dict[str, str], query: Any, body: bytes) -> bool:
    try:
        operation.validate(path, query, {}, body, "application/json")
    except HobotnicaError:
        return False
    return True


def good_path(operation: Operation) -> dict[str, str]:
    known = {"owner": "octocat", "name": "hello-world", "key": "LEVEL", "id": "42"}
    return {name: value for name, value in known.items() if "{" + name + "}" in operation.path}


def _ends_in_newline(value: Any) -> bool:
    """Whether a `$` of Python's regular expressions could be satisfied before the end."""
    if isinstance(value, dict):
        return any(_ends_in_newline(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(_ends_in_newline(item) for item in value)
    return isinstance(value, str) and value.endswith("\n")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(WITH_BODY))
def test_a_body_is_taken_by_both_or_by_none(data, operation):
    body = data.draw(bodies(operation))
    assume(not _ends_in_newline(body))
    raw = orjson.dumps(body)
    path = good_path(operation)
    wrong = request_errors(exchange(operation, path, [], raw))
    assert ours_takes(operation, path, [], raw) == (not wrong), wrong


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(WITH_QUERY),
    st.dictionaries(
        st.sampled_from(["limit", "before", "order", "branch", "offset", "format", "page"]),
        st.sampled_from(["1", "0", "-1", "100", "101", "x", "date", "html", "main", "1e2", "a..b"]),
        max_size=4,
    ),
)
def test_a_query_is_taken_by_both_or_by_none(operation, query):
    path = good_path(operation)
    pairs = list(query.items())
    wrong = request_errors(exchange(operation, path, pairs, b""))
    assert ours_takes(operation, path, pairs, b"") == (not wrong), wrong


@settings(max_examples=300, deadline=None)
@given(NAME, NAME)
def test_names_are_taken_as_the_github_rules_have_them(owner, name):
    path = {"owner": owner, "name": name}
    expected = names.is_owner(owner) and names.is_name(name) and name.lower() != "env"
    assert ours_takes(load().operations["getRepository"], path, [], b"") == expected


@settings(max_examples=300, deadline=None)
@given(st.text("a./@{-~^:lock*\\ \x7f[", max_size=12) | NAME)
def test_a_ref_that_github_rules_take_is_taken(ref):
    taken = ours_takes(
        load().operations["createBuild"],
        {"owner": "o", "name": "n"},
        [],
        orjson.dumps({"ref": ref}),
    )
    if names.is_ref(ref):
        assert taken
    elif taken:
        # The pattern does not know of all of Unicode's invisible characters; the verb does.
        assert not ref.isprintable() or len(ref.encode()) > 255


def test_the_patterns_are_those_of_the_github_rules():
    properties = load().operations["createRepository"].body._schema["properties"]  # type: ignore[union-attr]
    assert properties["owner"]["pattern"] == names.OWNER_PATTERN
    assert properties["name"]["pattern"].replace("(?![eE][nN][vV]$)", "") == names.NAME_PATTERN
    assert re.compile(properties["name"]["pattern"])
