"""Raw requests, the error envelope, framing, headers and cookies (docs/framework.md, 15, 16)."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.integration.framework.server import AppServer
from tests.support.wait import wait_until

HOST = b"Host: localhost\r\n"


def raw(server: AppServer, data: bytes, timeout: float = 10) -> bytes:
    """What comes back until the server closes, or is silent after a whole answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout) as sock:
        sock.sendall(data)
        sock.settimeout(0.7)
        parts = []
        try:
            while part := sock.recv(65536):
                parts.append(part)
        except TimeoutError:
            pass
        except ConnectionResetError:
            parts.append(b"<reset>")
        return b"".join(parts)


def test_path_parts_are_decoded_exactly_once_and_plus_is_kept(client: httpx.Client) -> None:
    answer = client.get("/api/echo/a%252Fb/c++%2B%20%E2%82%AC")
    assert answer.json()["path"] == {"owner": "a%2Fb", "name": "c+++ €"}


def test_an_encoded_slash_stays_in_its_part(client: httpx.Client) -> None:
    assert client.get("/api/echo/a%2Fb/..%2Fc").json()["path"] == {"owner": "a/b", "name": "../c"}


def test_concrete_routes_win_over_templated_ones(client: httpx.Client) -> None:
    assert client.get("/api/echo/me/env").json() == {"concrete": {"owner": "me"}}
    assert client.get("/api/echo/me/new").json()["path"] == {"owner": "me", "name": "new"}


def test_nothing_in_the_query_is_retyped(client: httpx.Client) -> None:
    answer = client.get("/api/echo/a/b?int:a=3&a=1&a=2&was=x&empty=&plus=a+b&flag")
    assert answer.json()["query"] == [
        ["int:a", "3"], ["a", "1"], ["a", "2"], ["was", "x"],
        ["empty", ""], ["plus", "a b"], ["flag", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/api/echo/a/b%00", "/api/echo/a/%FF", "/api/echo/a/b?x=%00"])
def test_nul_and_broken_utf8_are_refused(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{broken", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"a=%zz&b", "application/x-www-form-urlencoded"),
        (b"<xml/>", "text/xml"),
        (b"x", "application/grpc+proto"),
        (b"{}", "application/json-rpc"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"", "application/octet-stream"),
    ],
)
def test_bodies_of_every_type_arrive_raw(client: httpx.Client, body: bytes, kind: str) -> None:
    answer = client.post("/api/echo/a/b", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert answer.json()["body"].encode("latin-1") == body


def test_a_body_of_25_mb_arrives_where_it_may(client: httpx.Client) -> None:
    answer = client.post("/api/large", content=b"x" * (25 << 20))
    assert answer.json() == {"size": 25 << 20}


@pytest.mark.parametrize(
    ("path", "size"), [("/api/large", (25 << 20) + 1), ("/api/echo/a/b", (1 << 20) + 1)]
)
def test_a_larger_body_is_413_and_the_client_can_read_it(
    client: httpx.Client, path: str, size: int
) -> None:
    answer = client.post(path, content=b"x" * size)
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is too large"}
    assert client.get("/endings/plain/answer").status_code == 200


def test_a_huge_body_is_refused_without_reading_it(server: AppServer) -> None:
    head = b"POST /api/large HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n"
    assert b" 413 " in raw(server, head).split(b"\r\n")[0]


def test_chunked_bodies_are_411(server: AppServer) -> None:
    head = b"POST /api/large HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = raw(server, head + b"1\r\nx\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert answer.endswith(b'{"detail":"Length required"}')
    assert answer.count(b"HTTP/1.1") == 1


def test_a_post_without_any_length_has_an_empty_body(server: AppServer) -> None:
    answer = raw(server, b"POST /api/large HTTP/1.1\r\n" + HOST + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"size":0}')


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: -5\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"no colon\r\n",
        b"Bad Name: x\r\n",
        b"X-Bell: a\x07b\r\n",
        b"Host: another\r\n",
        b"X-A: 1\r\n" * 101,
    ],
)
def test_framing_that_two_servers_could_read_differently_closes_the_connection(
    server: AppServer, lines: bytes
) -> None:
    answer = raw(server, b"POST /api/large HTTP/1.1\r\n" + HOST + lines + b"\r\nGET / HTTP/1.1")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 411 "))
    assert b'{"detail":' in answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"BREW"])
@pytest.mark.parametrize("path", [b"/api/echo/a/b", b"/static/app.css", b"/nothing"])
def test_a_body_that_is_not_read_is_never_taken_for_a_request(
    server: AppServer, method: bytes, path: bytes
) -> None:
    smuggled = b"GET /api/echo/smuggled/x HTTP/1.1\r\n" + HOST + b"\r\n"
    head = method + b" " + path + b" HTTP/1.1\r\n" + HOST
    answer = raw(server, head + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"smuggled" not in answer


def test_a_body_that_comes_after_the_answer_is_never_taken_for_a_request(
    server: AppServer,
) -> None:
    smuggled = b"GET /api/echo/smuggled/x HTTP/1.1\r\n" + HOST + b"\r\n"
    head = b"GET /api/echo/a/b HTTP/1.1\r\n" + HOST
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(head + b"Content-Length: %d\r\n\r\n" % len(smuggled))
        first = sock.recv(65536)
        assert b"Connection: close" in first
        try:
            sock.sendall(smuggled)
            rest = sock.recv(65536)
        except ConnectionError:
            rest = b""
    assert b"smuggled" not in first + rest


def test_no_protocol_is_switched(server: AppServer) -> None:
    lines = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    answer = raw(server, b"GET /endings/plain/answer HTTP/1.1\r\n" + HOST + lines + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    websocket = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    answer = raw(server, b"GET /endings/plain/answer HTTP/1.1\r\n" + HOST + websocket + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Gtxn-Id: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-\xff: \xfe\r\n\r\n",
        b"GET " + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000,
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil.example/endings/plain/answer HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_garbage_ends_no_more_than_its_connection(server: AppServer, garbage: bytes) -> None:
    answer = raw(server, garbage)
    assert b" 50" not in answer.split(b"\r\n")[0]
    assert server.client.get("/endings/after-thread/answer").status_code == 200


def test_errors_under_api_are_json_and_pages_elsewhere(client: httpx.Client) -> None:
    api, page = client.get("/api/nothing"), client.get("/nothing")
    assert (api.status_code, api.json()) == (404, {"detail": "Not found"})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-frame-options"] == "DENY"
    assert "x-frame-options" not in api.headers


def test_a_wrong_method_is_405_with_allow(client: httpx.Client) -> None:
    answer = client.put("/api/echo/a/b", content=b"{}")
    assert answer.status_code == 405
    assert answer.json() == {"detail": "Method not allowed"}
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


def test_head_is_get_without_its_body(client: httpx.Client) -> None:
    got, head = client.get("/api/echo/a/b"), client.head("/api/echo/a/b")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0
    assert client.head("/nothing").content == b""
    assert client.head("/streams/lines").status_code == 200
    assert client.get("/streams/open").json() == {"now": 0}


def test_options_tell_the_methods(client: httpx.Client) -> None:
    answer = client.options("/api/echo/a/b")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


def test_credentials_come_before_validation_and_validation_before_the_handler(
    client: httpx.Client,
) -> None:
    path = "/api/secured?limit=x"
    assert client.get(path).json() == {"detail": "Not authenticated"}
    disabled = client.get(path, headers={"Authorization": "disabled"})
    assert (disabled.status_code, disabled.json()["detail"]) == (403, "This account is disabled")
    invalid = client.get(path, headers={"Authorization": "someone"})
    assert invalid.status_code == 422
    assert invalid.json()["detail"] == [{"loc": ["parameters", "limit"], "message": "Not a number"}]
    right = client.get("/api/secured", headers={"Authorization": "someone"})
    assert right.json() == {"account": "SOMEONE"}


def test_cookies_set_after_a_yield_arrive_each_in_its_header(client: httpx.Client) -> None:
    answer = client.get("/endings/cookies", headers={"Cookie": 'a=1; b="two"; a=3'})
    assert answer.json() == {"a": "1", "b": "two"}
    assert answer.headers.get_list("set-cookie") == [
        "a=1; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax",
        "b=2; Path=/; HttpOnly; SameSite=Lax",
    ]


@pytest.mark.parametrize("value", ["a%0d%0aX-Evil:%201", "a%0ab", "a%00b", "a%7f"])
def test_header_values_cannot_break_the_answer(client: httpx.Client, value: str) -> None:
    answer = client.get(f"/endings/header?value={value}")
    assert answer.status_code in (400, 500)
    assert "x-evil" not in answer.headers


def test_forwarded_headers_of_strangers_are_not_believed(client: httpx.Client) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    answer = client.get("/api/echo/a/b", headers=headers).json()
    assert (answer["address"], answer["scheme"]) == ("127.0.0.1", "http")


def test_the_log_has_no_query_and_requests_see_no_environment(server: AppServer) -> None:
    answer = server.client.get("/api/echo/a/b?token=canary-in-the-query")
    assert answer.json()["sees_environment"] is False
    wait_until(lambda: "GET /api/echo/a/b 200" in server.log, what="the request is logged")
    assert "canary" not in server.log


def test_requests_sent_behind_a_running_one_are_dropped_and_the_connection_closed(
    server: AppServer,
) -> None:
    one = b"GET /endings/slow?seconds=0.3 HTTP/1.1\r\n" + HOST + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(one * 3)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
    assert b"".join(parts).count(b"HTTP/1.1 200 ") == 1


def test_a_hostile_value_stays_text_in_a_page(client: httpx.Client) -> None:
    answer = client.get("/endings/page", params={"description": "<script>alert(1)</script>"})
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "% if false:" in answer.text
    assert "## not a comment" in answer.text


def test_static_files_have_a_tag_and_stay_in_their_directory(client: httpx.Client) -> None:
    answer = client.get("/static/app.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/static/app.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in (
        "/static/../serve.py",
        "/static/..%2fserve.py",
        "/static/%2e%2e/serve.py",
        "/static/",
    ):
        assert client.get(path).status_code == 404
