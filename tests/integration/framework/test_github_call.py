"""Calls to GitHub through `was.stub`, and every way they fail (docs/framework.md, 5, 6)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.framework.peer import BIG, Peer
from tests.integration.framework.server import AppServer
from tests.support.certificates import Authority, self_signed
from tests.support.ports import free_port
from tests.support.wait import wait_until


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer() as started:
        yield started


@pytest.fixture(scope="module")
def app(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("app")
    with AppServer(directory, github_api_url=peer.url.replace("127.0.0.1", "localhost")) as server:
        yield server


def ask(app: AppServer, path: str, **query: Any) -> httpx.Response:
    return app.client.get("/api/github", params={"path": path, **query})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_answer_comes_back_with_status_headers_and_body(
    app: AppServer, peer: Peer, method: str
) -> None:
    answer = ask(app, f"/any/{method}", method=method).json()
    assert answer["status"] == 200
    assert answer["headers"]["x-two"] == "2"
    assert peer.seen[f"{method} /any/{method}"] == 1
    if method in ("POST", "PUT", "PATCH"):
        assert answer["body"] == '{"query": "{}"}'
        assert peer.last["headers"]["Content-Type"].startswith("application/json")


def test_graphql_goes_to_its_own_address(app: AppServer, peer: Peer) -> None:
    assert ask(app, "/graphql", method="POST").json()["status"] == 200
    assert peer.seen["POST /graphql"] == 1


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 502])
def test_every_status_is_an_answer_with_its_body(app: AppServer, status: int) -> None:
    answer = ask(app, f"/status/{status}").json()
    assert (answer["status"], answer["body"]) == (status, "<html>no JSON</html>")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/bad-json", '{"data": {'),
        ("/vnd", "{}"),
        ("/empty", ""),
        ("/chunked", "hello"),
        ("/until-closed", "to the end"),
    ],
)
def test_bodies_of_every_kind_come_back_as_they_are(app: AppServer, path: str, body: str) -> None:
    assert ask(app, path).json()["body"] == body


def detail(answer: httpx.Response) -> str:
    assert answer.status_code == 503, answer.text
    return str(answer.json()["detail"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/half", "half-way"),
        ("/close", "cannot be reached"),
        ("/garbage", "cannot be reached"),
        ("/large", "larger than expected"),
        ("/endless", "larger than expected"),
    ],
)
def test_what_is_no_answer_is_a_typed_error(app: AppServer, path: str, words: str) -> None:
    assert BIG > 1 << 20
    assert words in detail(ask(app, path))


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_the_clock_ends_a_call_that_hangs_or_drips(app: AppServer, peer: Peer, path: str) -> None:
    answer = ask(app, path, seconds=0.5)
    assert "did not answer within 0.5 seconds" in detail(answer)
    assert answer.elapsed.total_seconds() < 3
    if path == "/drip":
        assert peer.ended_drips.wait(5), "the connection was not closed"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_what_changes_something_is_never_sent_twice(
    app: AppServer, peer: Peer, method: str
) -> None:
    ask(app, "/any/first")  # more than one host known to the pool made the set ask again, too
    assert "cannot be reached" in detail(ask(app, f"/close/{method}", method=method))
    assert peer.seen[f"{method} /close/{method}"] == 1


def test_a_get_is_asked_a_second_time_at_most(app: AppServer, peer: Peer) -> None:
    detail(ask(app, "/close/get"))
    assert peer.seen["GET /close/get"] == 2


def test_a_kept_connection_that_was_closed_is_not_written_to(app: AppServer, peer: Peer) -> None:
    for number in range(20):
        before = peer.closed
        ask(app, "/kept")
        wait_until(lambda before=before: peer.closed > before, what="the peer closes it")
        assert ask(app, f"/any/{number}", method="POST").status_code == 200
        assert peer.seen[f"POST /any/{number}"] == 1


def test_no_answer_is_kept_for_another_token(app: AppServer) -> None:
    assert ask(app, "/cached").json()["body"] == ask(app, "/cached").json()["body"] == "nobody"


@pytest.mark.parametrize(
    "path", ["/a b/{x}/%0d%0aX-Evil:1", "/x\r\nX-Evil: 1", "/{0.__class__}", "/ü"]
)
def test_a_path_cannot_break_out_of_its_line(app: AppServer, peer: Peer, path: str) -> None:
    answer = ask(app, path)
    assert answer.status_code == 200
    assert "X-Evil" not in peer.last["headers"]
    assert " " not in peer.last["path"]


@pytest.mark.slow
@pytest.mark.parametrize("route", ["github", "github-after-thread"])
def test_no_call_races_its_own_answer(app: AppServer, route: str) -> None:
    def many(_: int) -> set[int]:
        with httpx.Client(base_url=app.url, timeout=30, trust_env=False) as client:
            path = f"/api/{route}?path=/any/race"
            return {client.get(path).status_code for _ in range(400)}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(many, range(8))) == {200}


def test_a_call_is_a_member_of_tasks_and_fails_alone(app: AppServer) -> None:
    answer = app.client.get("/api/github-in-tasks?path=/hang")
    assert answer.json() == {"store": 1, "error": "TimedOut"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://127.0.0.1:{free_port()}", "Connection refused"),
        (f"https://127.0.0.1:{free_port()}", "Connection refused"),
        ("http://no-such-host.invalid", "the name no-such-host.invalid is unknown"),
    ],
    ids=["closed", "closed-tls", "no-name"],
)
def test_a_peer_that_is_not_there_is_unreachable(url: str, words: str, tmp_path: Any) -> None:
    with AppServer(tmp_path, github_api_url=url) as app:
        answer = ask(app, "/any")
        assert words in detail(answer)
        assert answer.headers["retry-after"]
        assert "Traceback" not in app.log


@pytest.mark.parametrize(
    ("server", "host", "words"),
    [
        ("right", "localhost", None),
        ("right", "127.0.0.1", None),
        ("wrong-host", "localhost", "Hostname mismatch"),
        ("expired", "localhost", "certificate has expired"),
        ("self-signed", "localhost", "unable to get local issuer certificate"),
        ("unknown-ca", "localhost", "unable to get local issuer certificate"),
    ],
)
def test_only_the_right_certificate_gets_to_see_a_request(
    ca: Authority, tmp_path: Any, server: str, host: str, words: str | None
) -> None:
    contexts = {
        "right": ca.server,
        "wrong-host": lambda: ca.server("github.example"),
        "expired": lambda: ca.server(expired=True),
        "self-signed": self_signed,
        "unknown-ca": ca.server,
    }
    settings = {} if server == "unknown-ca" else {"ca_file": ca.pem}
    with Peer(contexts[server]()) as peer:
        url = peer.url.replace("127.0.0.1", host)
        with AppServer(tmp_path, github_api_url=url, **settings) as app:
            answer = ask(app, "/any", method="POST")
            if words is None:
                assert answer.json()["status"] == 200
                assert ask(app, "/any", method="POST").json()["status"] == 200
                assert peer.seen["POST /any"] == 2
            else:
                assert words in detail(answer)
                assert not peer.seen


def test_an_idle_tls_connection_is_given_up_without_sending_twice(
    ca: Authority, tmp_path: Any
) -> None:
    with Peer(ca.server()) as peer:
        url = peer.url.replace("127.0.0.1", "localhost")
        with AppServer(tmp_path, github_api_url=url, ca_file=ca.pem) as app:
            for number in range(3):
                assert ask(app, "/late/2300", method="POST", seconds=10).status_code == 200
                assert peer.seen["POST /late/2300"] == number + 1
