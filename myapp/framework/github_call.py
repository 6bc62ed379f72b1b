"""One request to GitHub through `was.stub`, ended by the clock, its failures typed."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import quote, urlsplit

from myapp.framework import client
from myapp.framework.answers import check_headers
from myapp.framework.call import read_headers
from myapp.framework.compat import trigger
from myapp.framework.waiter import Wait, clock

TIMEOUT = 10.0
LIMIT = 4 << 20
_PATH = "/?&=:@!$'()*+,;~-._%"  # what may stand in a target; `{` would be a format field

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",  # or the set would send a form
}

GitHubAnswer = tuple[int, dict[str, str], bytes]


def github(
    was: Any, request: Any, timeout: float = TIMEOUT, limit: int = LIMIT
) -> Generator[Any, Any, GitHubAnswer]:
    """Send `request` (method, path, headers, body) and return (status, headers, body).

    Every HTTP status is an answer, of at most `limit` bytes within `timeout` seconds in all.
    Raises Unreachable, TimedOut, TlsError, TooLarge of myapp.github.errors. Used as
    `status, headers, body = yield from github(was, requests.viewer(token))`.
    """
    attempts = 2 if request.method == "GET" else 1
    while True:
        attempts -= 1
        result = yield GitHubCall(was, request, timeout, limit)
        if attempts and result._expt is not None and getattr(result._expt, "unanswered", False):
            continue  # a kept connection that GitHub had just closed: only a GET may ask again
        return result.fetch()


class GitHubCall(Wait):
    """The task behind `github`, for `was.Tasks`: `fetch()` is (status, headers, body) or raises.

    The stub is created on the event loop: made in a request's thread or after `was.Thread`, it
    races its own answer and hangs for a minute (docs/framework.md, 6).
    """

    def __init__(
        self, was: Any, request: Any, timeout: float = TIMEOUT, limit: int = LIMIT
    ) -> None:
        super().__init__(was)
        self.caller = was
        self.request = request
        self.timeout = timeout
        self.limit = limit
        self.base, self.path = _split(was.app.binding.settings, request.path)
        self.address = _address(self.base)
        self.headers = dict(check_headers({**_HEADERS, **request.headers}))
        self._task: Any = None
        self._alarm: Any = None

    def arm(self) -> None:
        """Start at the loop's next turn."""
        trigger.wakeup(self._begin)

    def _begin(self) -> None:
        self._alarm = clock().after(self.timeout, self._expire)
        if client.known(*self.address):
            self._send()
            return
        resolving = self.caller.Thread(client.resolve, args=self.address)
        resolving.set_callback(lambda _: self._send(), reqid=0)

    def _send(self) -> None:
        if self.result is not None:  # the name took longer than the caller waits
            return
        try:
            with self.caller.stub(
                self.base,
                headers=self.headers,
                meta={"limit": self.limit},
                use_cache=False,
                timeout=self.timeout + 60,  # the framework's sweep; the alarm comes before it
            ) as stub:
                send = getattr(stub, self.request.method.lower())
                body = self.request.body
                self._task = send(self.path, body) if body else send(self.path)
            self._task.set_callback(self._answered)
        except Exception as error:
            self._finish(error)

    def _answered(self, result: Any) -> None:
        trigger.wakeup(lambda: self._read(result))

    def _read(self, result: Any) -> None:
        if self.result is not None:
            return
        try:
            read = read_result(result._response)
        except Exception as error:
            client.prefer_next_address(*self.address)
            self._finish(error)
            return
        self._alarm.cancel()
        self.fire(read)

    def _finish(self, error: Exception) -> None:
        self._alarm.cancel()
        self.fail(error)

    def _expire(self) -> None:
        from myapp.github.errors import TimedOut

        client.prefer_next_address(*self.address)
        connections = list(self._task._requests.values()) if self._task is not None else []
        self.fail(TimedOut(f"GitHub did not answer within {self.timeout:g} seconds"))
        for connection in connections:
            connection.handle_close(client.TIMED_OUT, "the caller's time is up")


def read_result(response: Any) -> GitHubAnswer:
    """The framework's response as an answer, or the typed error it stands for."""
    from myapp.github.errors import TimedOut, TlsError, TooLarge, Unreachable

    code, reason = response.code, response.msg
    if code == client.TOO_LARGE or getattr(response, "too_large", False):
        raise TooLarge("GitHub's answer is larger than expected")
    if code == client.TLS_FAILED:
        raise TlsError(f"GitHub's certificate could not be verified: {reason}")
    if code == client.TIMED_OUT:
        raise TimedOut("GitHub did not answer in time")
    if code >= client.CLOSED:
        error = Unreachable(f"GitHub cannot be reached: {reason}")
        error.unanswered = code == client.CLOSED  # type: ignore[attr-defined]
        raise error
    if not response.complete:
        raise Unreachable("GitHub closed the connection half-way through its answer")
    return code, read_headers(response.header), response.body


def _split(settings: Any, path: str) -> tuple[str, str]:
    """The address to open and the quoted target: /graphql has an address of its own."""
    url = settings.graphql_url if path == "/graphql" else settings.github_api_url + path
    parts = urlsplit(url)
    target = url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
    return f"{parts.scheme}://{parts.netloc}", quote(target, safe=_PATH)


def _address(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
