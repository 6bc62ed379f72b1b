"""Whatever is sent: a request is taken, or refused with one of the two typed errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from myapp.contract import load
from myapp.errors import MalformedRequest, ValidationFailed

OPERATIONS = st.sampled_from(list(load().operations.values()))
TEXT = st.text(st.characters(codec=None), max_size=50)
FIELDS = st.sampled_from(["owner", "name", "ref", "value", "secret", "jobs", "reason", "timeout"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | TEXT
    | st.sampled_from(["test", "deploy", "main", "octocat"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | TEXT, inner, max_size=5),
    max_leaves=12,
)
JSON = "application/json"


def attempt(operation: Any, *arguments: Any) -> None:
    """Validate; whatever is refused must be sendable as a JSON answer."""
    try:
        operation.validate(*arguments)
    except (ValidationFailed, MalformedRequest) as error:
        assert error.status in (400, 422)
        assert orjson.dumps({"detail": error.detail})
        if isinstance(error, ValidationFailed):
            assert 1 <= len(error.detail) <= 20
            assert all(item["loc"][0] in ("parameters", "body") for item in error.detail)
            assert all(item["message"] for item in error.detail)


def path_of(operation: Any, text: str) -> dict[str, str]:
    names = [part.split("}")[0] for part in operation.path.split("{")[1:]]
    return dict.fromkeys(names, text)


@given(OPERATIONS, st.binary(max_size=300), st.none() | st.just(JSON) | TEXT)
@example(load().operations["createBuild"], b"[" * 10_000, JSON)
def test_any_bytes_are_taken_or_refused(operation, raw, content_type):
    attempt(operation, path_of(operation, "a"), [], {}, raw, content_type)


@given(OPERATIONS, VALUES)
def test_any_json_is_taken_or_refused(operation, value):
    try:
        raw = orjson.dumps(value)
    except TypeError:  # larger than 64 bits, or a lone surrogate
        raw = repr(value).encode("utf-8", "surrogatepass")
    attempt(operation, path_of(operation, "1"), [], {}, raw, JSON)


@given(
    OPERATIONS,
    TEXT,
    st.lists(st.tuples(TEXT | st.sampled_from(["limit", "before", "offset", "order"]), TEXT)),
    st.dictionaries(
        st.sampled_from(["x-github-username", "idempotency-key", "range", "last-event-id"]), TEXT
    ),
)
def test_any_parameters_are_taken_or_refused(operation, text, query, headers):
    attempt(operation, path_of(operation, text), query, headers)


@given(st.sampled_from(["GET", "POST", "PUT", ""]), TEXT)
@settings(max_examples=200)
def test_any_path_is_found_or_not(method, path):
    for candidate in (path, "/api/" + path, "/api/repositories/" + path):
        with suppress(MalformedRequest):
            load().match(method, candidate)
            load().allowed(candidate)
