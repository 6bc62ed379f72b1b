"""The contract-checking client, against answers made up here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.contract_check import document
from tests.support.contract_client import (
    ContractBroken,
    ContractClient,
    basic,
    bearer,
    personal_token,
)

BUILD = document()["components"]["schemas"]["Build"]["example"]
REPOSITORY = document()["components"]["schemas"]["Repository"]["example"]
CREDENTIALS = personal_token("octocat", "ghp_x")


def client(
    answer: httpx.Response | Callable[[httpx.Request], httpx.Response], **options: Any
) -> ContractClient:
    handler = answer if callable(answer) else lambda _: answer
    options.setdefault("credentials", CREDENTIALS)
    return ContractClient("http://service.test", transport=httpx.MockTransport(handler), **options)


def json(status: int, value: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(status, json=value, headers=named)


@pytest.mark.parametrize(
    "credentials",
    [CREDENTIALS, bearer("ghp_x", "octocat"), bearer("hob_x"), basic("octocat", "ghp_x")],
    ids=["personal token", "bearer", "api token", "basic"],
)
def test_a_documented_answer_passes_with_every_kind_of_credentials(credentials):
    with client(json(200, BUILD), credentials=credentials) as http:
        assert http.get("/api/builds/42").json()["id"] == 42
        assert http.exchanges == 1


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"state": "exploded"}, "state"),
        ({"sha": None}, "sha"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_body_off_the_schema_fails_and_names_the_field(changes, names):
    with client(json(200, {**BUILD, **changes})) as http, pytest.raises(ContractBroken) as broken:
        http.get("/api/builds/42")
    assert names in str(broken.value)


def test_a_missing_field_fails():
    build = {name: value for name, value in BUILD.items() if name != "eta"}
    with client(json(200, build)) as http, pytest.raises(ContractBroken, match="eta"):
        http.get("/api/builds/42")


def test_an_undocumented_status_fails():
    with client(json(418, {"detail": "I am a teapot"})) as http:
        with pytest.raises(ContractBroken, match="status"):
            http.get("/api/builds/42")


def test_an_internal_error_fails():
    with client(json(500, {"detail": "Internal error"})) as http:
        with pytest.raises(ContractBroken, match="status"):
            http.get("/api/builds/42")


def test_an_undocumented_header_fails():
    with client(json(200, BUILD, X_Secret="1")) as http:
        with pytest.raises(ContractBroken, match="x-secret"):
            http.get("/api/builds/42")


def test_a_missing_header_fails():
    with client(json(202, BUILD)) as http, pytest.raises(ContractBroken, match="Location"):
        http.post("/api/builds/42/retry")


def test_an_unavailable_answer_without_retry_after_fails():
    with client(json(503, {"detail": "Later"})) as http:
        with pytest.raises(ContractBroken, match="Retry-After"):
            http.get("/api/builds/42")


def test_another_media_type_fails():
    answer = httpx.Response(200, text="<p>", headers={"Content-Type": "text/html"})
    with client(answer) as http, pytest.raises(ContractBroken, match="text/html"):
        http.get("/api/builds/42")


def test_a_body_where_none_belongs_fails():
    with client(httpx.Response(204, content=b"x")) as http, pytest.raises(ContractBroken):
        http.delete("/api/repositories/octocat/hello-world")


def test_an_empty_answer_where_it_belongs_passes():
    with client(httpx.Response(204)) as http:
        assert http.delete("/api/repositories/octocat/hello-world").status_code == 204


@pytest.mark.parametrize(
    ("method", "url", "options"),
    [
        ("POST", "/api/repositories", {"json": {"owner": "-a", "name": "b"}}),
        ("POST", "/api/repositories", {"content": b"{", "headers": {"Content-Type": "text/x"}}),
        ("GET", "/api/builds/0", {}),
        ("GET", "/api/repositories?limit=101", {}),
        ("GET", "/api/repositories?surprise=1", {}),
        ("GET", "/api/repositories?limit=1&limit=2", {}),
    ],
)
def test_accepting_a_request_that_breaks_the_contract_fails(method, url, options):
    answers = {"GET": json(200, BUILD if "builds" in url else []), "POST": json(201, REPOSITORY)}
    with client(answers[method]) as http, pytest.raises(ContractBroken, match="accepted"):
        http.request(method, url, **options)


def test_refusing_a_request_that_breaks_the_contract_passes():
    problem = {"detail": [{"loc": ["body", "owner"], "message": "Field required"}]}
    with client(json(422, problem)) as http:
        assert http.post("/api/repositories", json={"name": "b"}).status_code == 422


def test_answering_without_credentials_fails():
    with client(json(200, BUILD), credentials={}) as http:
        with pytest.raises(ContractBroken, match="accepted"):
            http.get("/api/builds/42")


def test_refusing_without_credentials_passes():
    with client(json(403, {"detail": "Not authenticated"}), credentials={}) as http:
        assert http.get("/api/builds/42").status_code == 403


def test_the_session_cookie_counts_as_credentials():
    options = {"credentials": {}, "cookies": {"hobotnica_session": "x"}}
    with client(json(200, BUILD), **options) as http:
        assert http.get("/api/builds/42").status_code == 200


def test_what_is_no_operation_must_be_an_error():
    with client(json(404, {"detail": "Not found"})) as http:
        assert http.get("/api/nowhere").status_code == 404
    with client(json(200, [])) as http, pytest.raises(ContractBroken):
        http.get("/api/nowhere")
    with client(httpx.Response(404, text="nope")) as http, pytest.raises(ContractBroken):
        http.get("/api/nowhere")


def test_another_method_must_be_told_which_ones_there_are():
    detail = {"detail": "Method not allowed"}
    with client(json(405, detail, Allow="GET")) as http:
        assert http.put("/api/builds/42").status_code == 405
    with client(json(405, detail)) as http, pytest.raises(ContractBroken, match="Allow"):
        http.put("/api/builds/42")


def test_pages_are_not_looked_at():
    with client(httpx.Response(200, text="hello")) as http:
        assert http.get("/builds/42").text == "hello"
        assert http.exchanges == 0


def test_of_a_stream_the_head_is_checked():
    answer = httpx.Response(
        200, content=b"event: end\n\n", headers={"Content-Type": "text/event-stream"}
    )
    with client(answer) as http:
        assert list(http.lines("/api/builds/42/log/stream")) == ["event: end", ""]
    stray = httpx.Response(200, content=b"", headers={"Content-Type": "text/plain"})
    with client(stray) as http, pytest.raises(ContractBroken, match="text/plain"):
        list(http.lines("/api/builds/42/log/stream"))


def test_a_log_passes_as_text_as_range_and_unchanged():
    headers = {"X-Log-Offset": "3", "X-Log-Complete": "true", "ETag": '"1-3"'}
    text = {"Content-Type": "text/plain; charset=utf-8"}
    whole = httpx.Response(200, content=b"ok\n\xff", headers={**headers, **text})
    part = httpx.Response(
        206, content=b"ok", headers={**headers, **text, "Content-Range": "bytes 0-1/3"}
    )
    for answer in (whole, part, httpx.Response(304, headers={"ETag": '"1-3"'})):
        with client(answer) as http:
            http.get("/api/builds/42/log")


def test_head_is_checked_like_get_without_a_body():
    answer = httpx.Response(200, headers={"Content-Type": "application/json"})
    with client(answer) as http:
        assert http.head("/api/builds/42").status_code == 200


def test_a_signed_delivery_of_any_content_passes():
    detail = {"detail": "pong"}
    with client(json(200, detail), credentials={}) as http:
        uid = "6b1c7c1e-5d2f-4f3b-9d57-0f1a2b3c4d5e"
        http.post(f"/api/webhooks/{uid}", json={"zen": "x"}, headers={"X-GitHub-Event": "ping"})
        http.post(f"/api/webhooks/{uid}", data={"payload": "{}"})
