"""Commit statuses on their way to GitHub: over TLS, through refusals and failures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from myapp.builds.statuses import PendingStatus
from myapp.bus import Bus
from myapp.errors import DatabaseUnavailable
from myapp.settings import Settings
from myapp.worker import reporter as module
from myapp.worker.reporter import Reporter
from tests.integration.runner.builder import wait_until
from tests.support.factories import sha
from tests.support.http_server import Handler, Server

TOKEN = "tok_canary4711"


class GitHub:
    """Answers POSTs of commit statuses as it is told, the last answer for ever."""

    def __init__(self, tls: Any) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = [(201, b'{"id": 1}', {})]
        self._server = Server(_Handler, tls)
        self._server.github = self

    def __enter__(self) -> GitHub:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url


class _Handler(Handler):
    def answer(self) -> None:
        github = self.server.github
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        github.asked.append((self.path, dict(self.headers.items()), body))
        answers = github.answers
        status, text, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send(status, text, {"Content-Type": "application/json", **headers})


class Outbox:
    """Remembers what was decided; hands each status out once."""

    def __init__(self, *statuses: PendingStatus) -> None:
        self.waiting = list(statuses)
        self.decided: list[tuple[Any, ...]] = []
        self.failures = 0

    def due(self, context: Any, now: float, limit: int) -> list[PendingStatus]:
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def taken(self, context: Any, status_id: int) -> None:
        self.decided.append(("taken", status_id))

    def postpone(self, context: Any, status_id: int, error: str, retry_at: float) -> None:
        self.decided.append(("postponed", status_id, error, retry_at - time.time()))

    def give_up(self, context: Any, status_id: int, error: str) -> None:
        self.decided.append(("given up", status_id, error))


def pending(number: int = 1, **changes: Any) -> PendingStatus:
    values: dict[str, Any] = {
        "id": number,
        "build_id": number,
        "owner": "octo",
        "name": "hello",
        "sha": sha(),
        "state": "success",
        "description": "Passed",
        "context": "hobotnica/test",
        "failures": 0,
        "target_url": f"http://127.0.0.1:5000/builds/{number}",
        "token": TOKEN,
    }
    return PendingStatus(**(values | changes))


@pytest.fixture
def github(ca) -> Iterator[GitHub]:
    with GitHub(ca.server()) as found:
        yield found


@pytest.fixture
def context(github, ca, tmp_path) -> Iterator[Any]:
    settings = replace(Settings(), github_api_url=github.url, ca_file=ca.pem)
    bus = Bus(tmp_path / "run")
    yield SimpleNamespace(settings=settings, bus=bus)
    bus.close()


def decided(context: Any, outbox: Outbox) -> tuple[Any, ...]:
    Reporter(context, outbox).send_due()
    return outbox.decided[-1]


def test_a_status_is_sent_and_taken(context, github):
    outbox = Outbox(pending(7, state="failure", description="make test exited with 2"))
    assert decided(context, outbox) == ("taken", 7)
    path, headers, body = github.asked[0]
    assert path.startswith("/repos/octo/hello/statuses/")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert b'"failure"' in body
    assert b"/builds/7" in body


@pytest.mark.parametrize("status", [401, 404, 422])
def test_what_github_will_never_take_is_given_up_with_the_reason(context, github, status):
    github.answers = [(status, b'{"message": "No"}', {})]
    outcome = decided(context, Outbox(pending()))
    assert outcome[:2] == ("given up", 1)
    assert outcome[2]
    assert TOKEN not in outcome[2]


def test_a_forbidden_status_is_given_up(context, github):
    github.answers = [(403, b'{"message": "Resource not accessible"}', {})]
    assert decided(context, Outbox(pending()))[0] == "given up"


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}", {}),
        (502, b"<html>Bad gateway</html>", {}),
        (201, b"<html>Welcome</html>", {}),
        (301, b"{}", {"Location": "https://elsewhere.invalid/"}),
    ],
)
def test_what_may_pass_is_tried_again_later(context, github, answer):
    github.answers = [answer]
    outcome = decided(context, Outbox(pending()))
    assert outcome[0] == "postponed"
    assert 0 < outcome[3] < 10


def test_the_wait_grows_with_the_failures(context, github):
    github.answers = [(500, b"{}", {})]
    outcome = decided(context, Outbox(pending(failures=8)))
    assert outcome[3] > 100


def test_what_failed_for_days_is_given_up(context, github):
    github.answers = [(500, b"{}", {})]
    assert decided(context, Outbox(pending(failures=module.MOST_FAILURES)))[0] == "given up"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, {"Retry-After": "300"}), (403, {"Retry-After": "300"})],
)
def test_a_rate_limit_is_honoured_for_every_status_of_the_token(context, github, status, headers):
    github.answers = [(status, b'{"message": "You have exceeded a rate limit"}', headers)]
    outbox = Outbox(pending(1), pending(2), pending(3, token="another"))
    Reporter(context, outbox).send_due()
    assert [outcome[0] for outcome in outbox.decided] == ["postponed"] * 3
    assert all(outcome[3] > 290 for outcome in outbox.decided)
    assert len(github.asked) == 2  # nothing more was asked with the first token


def test_an_unknown_authority_gets_no_token(context, github):
    context.settings = replace(context.settings, ca_file=None)
    outcome = decided(context, Outbox(pending()))
    assert outcome[0] == "postponed"
    assert "certificate" in outcome[2]
    assert github.asked == []


def test_nobody_there_is_tried_again(context):
    context.settings = replace(context.settings, github_api_url="http://127.0.0.1:9")
    assert decided(context, Outbox(pending()))[0] == "postponed"


def test_a_token_that_would_break_the_header_is_given_up(context, github):
    assert decided(context, Outbox(pending(token="a\r\nX-Evil: 1")))[0] == "given up"
    assert github.asked == []


def test_the_thread_sends_what_comes_and_survives_the_database(context, github):
    outbox = Outbox()
    outbox.failures = 1
    reporter = Reporter(context, outbox)
    reporter.start()

    def sent() -> bool:
        context.bus.publish("state", build_id=1, state="passed")
        return bool(outbox.decided)

    outbox.waiting = [pending(number) for number in range(1, 13)]
    wait_until(sent)
    wait_until(lambda: len(outbox.decided) == 12)
    reporter.stop()
    assert {outcome[0] for outcome in outbox.decided} == {"taken"}


def test_stop_sends_what_is_due(context, github):
    outbox = Outbox(pending())
    reporter = Reporter(context, outbox)
    reporter.start()
    reporter.stop()
    assert outbox.decided == [("taken", 1)]


def test_nothing_secret_is_logged(context, github, caplog):
    caplog.set_level("DEBUG")
    for answer in ((401, b"{}", {}), (500, b"{}", {}), (201, b"{}", {})):
        github.answers = [answer]
        decided(context, Outbox(pending()))
    assert TOKEN not in caplog.text
