from __future__ import annotations

from typing import Any

import orjson
import pytest

from myapp.errors import (
    BasicRequired,
    HobotnicaError,
    MalformedRequest,
    RepositoryNotFound,
    TooManyRequests,
    ValidationFailed,
)
from myapp.framework.errors import describe_status, error_answer, is_json_path, refusal


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (RepositoryNotFound(), 404, "Repository not found"),
        (MalformedRequest("Broken"), 400, "Broken"),
        (ValidationFailed.at("No", "body", "a"), 422, [{"loc": ["body", "a"], "message": "No"}]),
        (ZeroDivisionError("secret"), 500, "Internal error"),
        (HobotnicaError(), 500, "Internal error"),
    ],
)
def test_an_error_is_its_status_and_detail(error: Exception, status: int, detail: Any) -> None:
    given = error_answer(error, as_json=True)
    assert (given.status, orjson.loads(given.body)) == (status, {"detail": detail})


def test_an_errors_own_headers_are_sent() -> None:
    assert ("WWW-Authenticate", "basic") in error_answer(BasicRequired(), as_json=True).headers
    assert ("Retry-After", "3") in error_answer(TooManyRequests(3), as_json=True).headers


def test_a_page_has_a_sentence_and_a_next_step() -> None:
    page = refusal(404, "<No> such page", as_json=False).body.decode()
    assert "&lt;No&gt; such page" in page
    assert "Check the address" in page


def test_the_template_draws_the_page_and_may_fail() -> None:
    def draw(status: int, detail: Any, path: str) -> str:
        return f"{status} {detail} {path}"

    def broken(status: int, detail: Any, path: str) -> str:
        raise LookupError

    assert refusal(409, "Why", as_json=False, render=draw, path="/p").body == b"409 Why /p"
    assert b"Why" in refusal(409, "Why", as_json=False, render=broken).body


def test_the_frameworks_own_statuses_are_the_contracts() -> None:
    assert describe_status(502) == (500, "Internal error")
    assert describe_status(405) == (405, "Method not allowed")
    assert describe_status(418)[0] == 418


def test_json_is_for_the_api() -> None:
    assert all(map(is_json_path, ("/api", "/api/x", "/static/x")))
    assert not any(map(is_json_path, ("/", "/apis", "/repositories/api/x")))
