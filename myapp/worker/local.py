"""The local worker: claims builds, has them run, and writes down what they say.

One loop in one thread does all of it, and no build is in this process: supervising processes send
what happens through sockets. When the database is away, output waits (and holds its build back);
when the worker dies, its builds die with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import socket
import time
from typing import Any

from myapp import __version__
from myapp.errors import DatabaseUnavailable, LeaseLost
from myapp.git import clone_url
from myapp.runner.model import CANCELLED, ERRORED, INTERRUPTED, Job, Result, Sandbox
from myapp.worker.leases import Leases
from myapp.worker.nursery import Nursery
from myapp.worker.run import Run
from myapp.worker.verbs import Verbs

LOOK_EVERY = 2.0  # seconds between two looks at the queue that nobody asked for
EXPIRE_EVERY = 5.0
DRAIN_SECONDS = 300.0
log = logging.getLogger("hobotnica.worker")


class Worker:
    """`run()` until a signal: the first SIGTERM or SIGINT drains, the second ends at once."""

    def __init__(
        self,
        context: Any,
        name: str,
        slots: int,
        *,
        nursery: Nursery,
        sandbox: Sandbox,
        verbs: Verbs,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._context = context
        self._settings = context.settings
        self._name = name
        self._slots = slots
        self._nursery = nursery
        self._sandbox = sandbox
        self._verbs = verbs
        self._drain_seconds = drain_seconds
        self._runs: dict[int, Run] = {}
        self._leases = Leases(context, verbs, name, self._announce)
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._orphaned = False
        self._drain_until: float | None = None
        self._look_at = 0.0
        self._expire_at = 0.0

    def run(self) -> int:
        """Work until told to stop; 0 after a clean end, 1 if the nursery was lost."""
        listener = self._context.bus.listen(self._name, ("queued", "cancel"))
        wake = self._hear_signals()
        self._verbs.worker_died(self._context, self._name)
        self._announce()
        self._leases.start()
        for item, action in (
            (listener, lambda: self._on_messages(listener.receive())),
            (wake, lambda: self._on_signal(wake)),
            (self._leases, self._on_leases),
            (self._nursery, self._on_nursery),
        ):
            self._selector.register(item, selectors.EVENT_READ, action)
        try:
            while self._runs or self._drain_until is None:
                self._work()
            return 1 if self._orphaned else 0
        finally:
            self._nursery.close()
            listener.close()
            self._leases.stop()
            self._selector.close()
            with contextlib.suppress(DatabaseUnavailable):
                self._verbs.gone(self._context, self._name)

    def _work(self) -> None:
        now = time.monotonic()
        if now >= self._expire_at:
            self._expire_at = now + EXPIRE_EVERY
            self._expire()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            self._claim()
        for key, _ in self._selector.select(max(0.0, self._next_moment() - time.monotonic())):
            if isinstance(key.fileobj, Run):
                key.fileobj.read()
            else:
                key.data()
        for run in list(self._runs.values()):
            self._advance(run)
        if self._drain_until is not None and time.monotonic() >= self._drain_until:
            self._stop_all("the worker was stopped before the build had ended")

    def _next_moment(self) -> float:
        moments = [self._look_at, self._expire_at]
        moments += [run.due for run in self._runs.values() if run.due is not None]
        if any(run.stopping for run in self._runs.values()):
            moments.append(time.monotonic() + 1.0)
        if self._drain_until is not None:
            moments.append(max(self._drain_until, time.monotonic() + 0.1))
        return min(moments)

    # Claiming

    def _claim(self) -> None:
        while self._drain_until is None and len(self._runs) < self._slots:
            try:
                claimed = self._verbs.claim(self._context, self._name, self._slots)
            except DatabaseUnavailable as error:
                log.warning("nothing is claimed: %s", error)
                return
            except Exception:
                log.exception("nothing is claimed")
                return
            if claimed is None:
                return
            self._begin(claimed)

    def _begin(self, claimed: Any) -> None:
        build = claimed.build
        try:
            connection = self._nursery.begin(self._job(claimed))
        except OSError:
            log.exception("build %d was not started", build.id)
            self._look_at = time.monotonic() + LOOK_EVERY
            with contextlib.suppress(DatabaseUnavailable, LeaseLost):
                self._verbs.hand_back(self._context, build.id, build.attempt, "it did not start")
            return
        run = Run(build.id, build.attempt, connection)
        self._runs[build.id] = run
        self._leases.hold(build.id, build.attempt)
        self._watch(run)
        log.info("build %d begins (attempt %d)", build.id, build.attempt)

    def _job(self, claimed: Any) -> Job:
        settings, build, repository = self._settings, claimed.build, claimed.repository
        return Job(
            build_id=build.id,
            attempt=build.attempt,
            repository_id=repository.id,
            owner=repository.owner,
            name=repository.name,
            url=clone_url(settings.github_url, repository.owner, repository.name),
            mirror=self._verbs.mirror_path(settings, repository.id),
            workspace=self._sandbox.workspaces / f"{build.id}-{build.attempt}",
            sha=build.sha,
            target=build.target,
            sandbox=self._sandbox,
            environment=claimed.environment,
            secrets=claimed.secrets,
            token=claimed.token,
            timeout=claimed.timeout,
            idle_timeout=settings.idle_timeout,
            fetch_timeout=settings.clone_timeout,
            log_limit=settings.log_limit,
            repository_limit=settings.repository_limit,
            ca_file=settings.ca_file,
        )

    # Following

    def _advance(self, run: Run) -> None:
        """Write what has come, as far as the database takes it."""
        if run.due is None or time.monotonic() < run.due:
            run.insist()
            return
        try:
            while (write := run.next()) is not None:
                if self._write(run, *write):
                    return
                run.written()
            if run.ended:
                self._conclude_lost(run)
                return
        except LeaseLost:
            log.warning("build %d: the lease of attempt %d is lost", run.build_id, run.attempt)
            self._drop(run)
            return
        except DatabaseUnavailable as error:
            log.warning("build %d waits for the database: %s", run.build_id, error)
            run.put_off()
        except Exception:
            log.exception("build %d: what it says could not be stored", run.build_id)
            run.put_off()
        run.insist()
        self._watch(run)

    def _write(self, run: Run, kind: str, body: bytes) -> bool:
        """One write; True if it was the last one."""
        which = (self._context, run.build_id, run.attempt)
        if kind == "log":
            self._verbs.append_log(*which, body)
        elif kind == "step":
            self._verbs.enter_step(*which, body.decode())
            self._context.bus.publish(
                "state", build_id=run.build_id, state="running", step=body.decode()
            )
        elif kind == "result":
            self._finish(run, Result.from_wire(body))
            return True
        return False

    def _finish(self, run: Run, result: Result) -> None:
        if result.state == INTERRUPTED:
            reason = result.reason or "the worker was stopped"
            self._verbs.hand_back(self._context, run.build_id, run.attempt, reason)
            log.info("build %d goes back: %s", run.build_id, reason)
        else:
            self._verbs.finish(self._context, run.build_id, run.attempt, result)
            log.info("build %d %s: %s", run.build_id, result.state, result.reason or "")
        self._forget(run)
        self._claim()

    def _conclude_lost(self, run: Run) -> None:
        """The supervising process went without a result: it was killed."""
        if run.ordered is not None and run.ordered[0] == CANCELLED:
            self._finish(run, Result(*run.ordered))  # it did not obey, but it is dead
            return
        reason = "its supervising process was killed"
        log.warning("build %d: %s", run.build_id, reason)
        if run.attempt > 1:  # perhaps it is the build itself that kills: not for ever
            again = Result(ERRORED, f"{reason}, as in an earlier attempt")
            self._verbs.finish(self._context, run.build_id, run.attempt, again)
        else:
            self._verbs.hand_back(self._context, run.build_id, run.attempt, reason)
        self._forget(run)
        self._claim()

    def _drop(self, run: Run) -> None:
        """The build is no longer ours: end it, and write nothing more about it."""
        run.stop(INTERRUPTED, "the lease is lost")
        self._forget(run)

    def _forget(self, run: Run) -> None:
        self._leases.release(run.build_id)
        if run.watched:
            self._selector.unregister(run)
        self._runs.pop(run.build_id, None)
        run.close()

    def _watch(self, run: Run) -> None:
        """Wait for more of it, unless there is no more, or too much already."""
        wanted = not run.full and not run.ended
        if wanted and not run.watched:
            self._selector.register(run, selectors.EVENT_READ)
        elif run.watched and not wanted:
            self._selector.unregister(run)
        run.watched = wanted

    # Being told

    def _on_messages(self, messages: list[dict[str, Any]]) -> None:
        if any(message["kind"] == "queued" for message in messages):
            self._claim()
        for message in messages:
            run = self._runs.get(message.get("build_id", 0))
            if message["kind"] == "cancel" and run is not None:
                self._ask_about(run)

    def _ask_about(self, run: Run) -> None:
        try:
            renewal = self._verbs.renew(self._context, run.build_id, run.attempt)
        except LeaseLost:
            self._drop(run)
        except DatabaseUnavailable:
            pass  # the lease thread asks again
        else:
            self._cancel(run, renewal)

    def _on_leases(self) -> None:
        for build_id, attempt, renewal in self._leases.events():
            run = self._runs.get(build_id)
            if run is None or run.attempt != attempt:
                continue
            if renewal is None:
                log.warning("build %d: the lease of attempt %d is lost", build_id, attempt)
                self._drop(run)
            else:
                self._cancel(run, renewal)

    def _cancel(self, run: Run, renewal: Any) -> None:
        if renewal.cancelled_by is not None:
            why = f": {renewal.reason}" if renewal.reason else ""
            run.stop(CANCELLED, f"cancelled by {renewal.cancelled_by}{why}")

    def _on_nursery(self) -> None:
        log.error("the process that starts builds is gone; the worker ends")
        self._orphaned = True
        self._selector.unregister(self._nursery)
        self._drain_until = time.monotonic()

    def _on_signal(self, wake: int) -> None:
        self._signals += len(os.read(wake, 64))
        if self._signals > 1:
            self._drain_until = time.monotonic()
        elif self._drain_until is None:
            log.info("draining: %d builds still run", len(self._runs))
            self._drain_until = time.monotonic() + self._drain_seconds

    def _stop_all(self, reason: str) -> None:
        for run in self._runs.values():
            if not run.stopping:
                run.stop(INTERRUPTED, reason)

    def _hear_signals(self) -> int:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        return reader

    def _announce(self) -> None:
        facts = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "slots": self._slots,
            "sandbox": str(self._sandbox),
            "version": __version__,
        }
        self._verbs.announce(self._context, self._name, **facts)

    def _expire(self) -> None:
        try:
            self._verbs.expire_leases(self._context, time.time())
        except DatabaseUnavailable as error:
            log.warning("expired leases are not looked at: %s", error)
        except Exception:
            log.exception("expired leases are not looked at")
