"""Commit statuses on their way to GitHub, from a thread of the worker.

The outbox keeps what is to be said; this thread takes what is due, sends it, and writes down how
it went. It never holds a build up, and what it fails to send stays in the outbox.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from typing import Any, Protocol

import urllib3

from myapp.builds import statuses
from myapp.builds.statuses import PendingStatus
from myapp.errors import DatabaseUnavailable
from myapp.github import answers, requests
from myapp.github.errors import (
    GitHubError,
    RateLimited,
    TimedOut,
    TlsError,
    TransientError,
    Unreachable,
)
from myapp.worker.delays import backoff

LOOK_EVERY = 5.0  # seconds between two looks at the outbox that nobody asked for
REST = 0.5  # seconds after a look: what changes meanwhile is told once, as it is then
BATCH = 5  # together they must be sent within the lease that they are taken with
TIMEOUT = urllib3.Timeout(connect=5, read=10)
MOST_FAILURES = 150  # more than a day; nobody looks at such a commit any more
LARGEST_ANSWER = 1 << 20
log = logging.getLogger("hobotnica.reporter")


class Outbox(Protocol):
    """The verbs of `myapp.builds.statuses`."""

    def due(self, context: Any, now: float, limit: int) -> list[PendingStatus]:
        """What is to be sent now, leased to the caller."""

    def taken(self, context: Any, status_id: int) -> None:
        """GitHub has it."""

    def postpone(self, context: Any, status_id: int, error: str, retry_at: float) -> None:
        """Again later."""

    def give_up(self, context: Any, status_id: int, error: str) -> None:
        """Never again."""


class Reporter:
    """`start()` and `stop()`; woken by every change of a build's state."""

    def __init__(self, context: Any, outbox: Outbox = statuses) -> None:
        self._context = context
        self._outbox = outbox
        settings = context.settings
        self._pool = urllib3.PoolManager(
            cert_reqs="CERT_REQUIRED",
            ca_certs=None,
            ssl_context=_trust(settings.ca_file),
            retries=False,
            timeout=TIMEOUT,
            maxsize=1,
        )
        self._resting: dict[str, float] = {}  # by token: until when GitHub wants no more of it
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._report, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, patience: float = 5.0) -> None:
        """Send what is due at once and end; what takes longer stays in the outbox."""
        os.write(self._writer, b".")
        self._thread.join(patience)
        if not self._thread.is_alive():
            self._pool.clear()
            os.close(self._reader)
            os.close(self._writer)

    def _report(self) -> None:
        listener = self._context.bus.listen("reporter", ("state", "queued"))
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(self._reader, select.POLLIN)
        stopping = False
        while not stopping:
            ready = {fd for fd, _ in poll.poll(LOOK_EVERY * 1000)}
            stopping = self._reader in ready
            listener.receive()
            try:
                while self.send_due() == BATCH and not stopping:
                    pass
            except DatabaseUnavailable as error:
                log.warning("commit statuses wait for the database: %s", error)
            except Exception:
                log.exception("commit statuses are not sent")
            stopping = stopping or bool(select.select([self._reader], [], [], REST)[0])
        listener.close()

    def send_due(self) -> int:
        """Send one batch; how many were due."""
        pending = self._outbox.due(self._context, time.time(), BATCH)
        for status in pending:
            rest = self._resting.get(status.token, 0.0)
            if rest > time.time():
                self._outbox.postpone(
                    self._context, status.id, "GitHub's rate limit is used up", rest
                )
            else:
                self._send(status)
        return len(pending)

    def _send(self, status: PendingStatus) -> None:
        try:
            self._ask(status)
        except TransientError as error:
            if status.failures >= MOST_FAILURES:
                self._outbox.give_up(self._context, status.id, error.reason)
                return
            after = error.retry_after if isinstance(error, RateLimited) else None
            retry_at = time.time() + backoff(status.failures, after)
            if after is not None:
                self._resting[status.token] = retry_at
            log.info("build %d: its status waits: %s", status.build_id, error.reason)
            self._outbox.postpone(self._context, status.id, error.reason, retry_at)
        except GitHubError as error:
            log.warning("build %d: its status is given up: %s", status.build_id, error.reason)
            self._outbox.give_up(self._context, status.id, error.reason)
        else:
            self._outbox.taken(self._context, status.id)

    def _ask(self, status: PendingStatus) -> None:
        request = requests.create_status(
            status.token,
            status.owner,
            status.name,
            status.sha,
            status.state,
            status.description,
            status.context,
            status.target_url,
        )
        settings = self._context.settings
        try:
            response = self._pool.request(
                request.method,
                request.url(settings.github_api_url, settings.graphql_url),
                headers=request.headers,
                body=request.data(),
                redirect=False,
                preload_content=False,
            )
            body = response.read(LARGEST_ANSWER)
            response.release_conn()
        except urllib3.exceptions.SSLError as error:
            raise TlsError() from error
        except urllib3.exceptions.TimeoutError as error:
            raise TimedOut() from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable() from error
        answers.read_status(response.status, response.headers, body)


def _trust(ca_file: Any) -> Any:
    context = urllib3.util.create_urllib3_context()
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(cafile=str(ca_file))
    return context
