"""One attempt at one build: fetch, check out, make, and nothing left behind.

Runs in the supervising process, which belongs to this build alone: it is a subreaper, so whatever
it has below itself belongs to the build and is killed at the end.
"""

from __future__ import annotations

import errno
import math
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable

from myapp.git import GitError, Interrupt, Remote, mirror
from myapp.git.checkout import checkout
from myapp.runner import sandbox, tree, verdict
from myapp.runner.detect import share_mirror
from myapp.runner.environment import PATH, build_environment
from myapp.runner.mask import Masker
from myapp.runner.model import (
    ERRORED,
    PASSED,
    TIMED_OUT,
    Job,
    Result,
    Stopped,
    duration_words,
)
from myapp.runner.output import CHUNK, Output
from myapp.runner.workspace import Workspace

Emit = Callable[[str, bytes], None]  # ("step", name) or ("log", masked bytes); may block

FETCH_DELAYS = (1.0, 4.0)  # seconds before another try when the network was at fault
GONE_DELAYS = (1.5,)  # GitHub's copies may lag behind its webhook


def run_build(job: Job, emit: Emit, interrupt: Interrupt | None = None) -> Result:
    """Run the build to its end and clean up; raises nothing."""
    with Attempt(job, emit, interrupt) as attempt:
        return attempt.run()


class Attempt:
    """A context: `run()` gives the result, leaving it removes the workspace and the reference.

    Cleaning up comes last so that the result need not wait for it.
    """

    def __init__(self, job: Job, emit: Emit, interrupt: Interrupt | None = None) -> None:
        self._job = job
        self._emit = emit
        self._interrupt = interrupt
        self._usage = tree.Usage()
        self._started = time.monotonic()
        self._ref = f"refs/ci/{job.build_id}-{job.attempt}"
        self._workspace: Workspace | None = None
        secrets = job.secrets if job.token is None else (*job.secrets, job.token)
        self._output = Output(lambda data: emit("log", data), Masker(secrets), job.log_limit)

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, *_: object) -> None:
        tree.kill_descendants(self._usage)
        if self._workspace is not None:
            self._workspace.remove()
        mirror.delete_ref(self._job.mirror, self._ref)

    def run(self) -> Result:
        """Every step until the end; whatever happens becomes a result."""
        result = self._guarded(self._steps)
        dead = tree.kill_descendants(self._usage)
        if not dead:
            result = Result(
                result.state, f"{result.reason or 'passed'}; a process of it would not die"
            )
        ended = self._guarded(lambda: self._conclude(result))
        return ended.used(self._usage.cpu_seconds, self._usage.max_rss)

    def _guarded(self, step: Callable[[], Result]) -> Result:
        try:
            return step()
        except Stopped as stop:
            return Result(stop.state, stop.reason)
        except GitError as error:
            return Result(ERRORED, error.detail)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return Result(ERRORED, "The disk is full")
            return Result(ERRORED, f"The build could not be set up: {error.strerror or error!r}")
        except Exception as error:
            # Its text might hold a secret; the kind of error and the place do not.
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            line = place.tb_lineno if place is not None else 0
            return Result(ERRORED, f"Hobotnica itself failed ({type(error).__name__}, line {line})")

    def _steps(self) -> Result:
        self._fetch()
        self._enter("checkout")
        self._workspace = workspace = Workspace(self._job.workspace)
        self._output.command(f"git checkout --detach {self._job.sha}")
        checkout(
            self._job.mirror,
            workspace.checkout,
            self._job.sha,
            timeout=self._remaining(self._job.fetch_timeout),
            interrupt=self._interrupt,
        )
        early = verdict.before(workspace.checkout, self._job.target)
        if early is not None:
            return early
        if shutil.which("make", path=PATH) is None:
            return Result(ERRORED, "make is not installed on this machine")
        who = sandbox.identity(self._job)
        if who is not None:
            workspace.give_to(*who)
            share_mirror(self._job)
        self._enter("running")
        return self._make(workspace)

    def _enter(self, step: str) -> None:
        self._emit("step", step.encode())
        self._output.mark(step)

    def _fetch(self) -> None:
        job = self._job
        self._enter("fetching")
        self._output.command(f"git fetch {job.url} {job.sha}")
        self._output.flush()
        delays = {"gone": list(GONE_DELAYS)}
        while True:
            try:
                self._fetch_once()
                return
            except GitError as error:
                if time.monotonic() - self._started >= job.timeout:
                    raise Stopped(TIMED_OUT, self._too_long()) from None
                kind = "gone" if error.kind == "gone" else "network"
                left = delays.setdefault(kind, list(FETCH_DELAYS))
                if not left or not (error.transient or kind == "gone"):
                    raise
                delay = left.pop(0)
                self._output.mark(f"{error.detail}; trying again in {duration_words(delay)}")
                self._output.flush()
                self._wait(delay)

    def _fetch_once(self) -> None:
        job = self._job
        remote = Remote(job.url, job.token, job.ca_file)
        timeout = self._remaining(job.fetch_timeout)
        limit = job.repository_limit
        watch = self._interrupt
        if not job.mirror.exists():
            mirror.create(remote, job.mirror, timeout=timeout, limit=limit, interrupt=watch)
        mirror.fetch_sha(
            remote, job.mirror, job.sha, self._ref, timeout=timeout, limit=limit, interrupt=watch
        )

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        if self._interrupt is not None:
            poll.register(self._interrupt.fileno(), select.POLLIN)
        if poll.poll(seconds * 1000) and self._interrupt is not None:
            self._interrupt.check()

    def _remaining(self, most: float) -> float:
        passed = time.monotonic() - self._started - self._output.paused
        return max(0.1, min(most, self._job.timeout - passed))

    def _too_long(self) -> str:
        return f"ran longer than {duration_words(self._job.timeout)}"

    def _make(self, workspace: Workspace) -> Result:
        job = self._job
        shadowed = os.path.lexists(workspace.checkout / job.target)
        self._output.command(f"make {job.target}")
        self._output.flush()
        reader, writer = os.pipe2(os.O_CLOEXEC)
        try:
            process = subprocess.Popen(
                sandbox.confine(job, ["make", job.target]),
                env=build_environment(job),
                cwd=workspace.checkout,
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                start_new_session=True,
                preexec_fn=sandbox.preparation(job),  # noqa: PLW1509 - there is one thread
            )
        finally:
            os.close(writer)
        sandbox.constrain(job, process.pid)
        os.set_blocking(reader, False)
        try:
            self._follow(process.pid, reader)
            code = tree.wait_for(process.pid, self._usage)
            process.returncode = code
        finally:
            # Daemons may hold the pipe: only when all are dead, its end is near.
            tree.kill_descendants(self._usage)
            self._drain(reader)
            os.close(reader)
            process.returncode = process.returncode or 0
        return verdict.after(job.target, code, self._output.tail, shadowed)

    def _follow(self, pid: int, reader: int) -> None:
        """Pass output on until the process has ended; raises Stopped for the limits."""
        job, output = self._job, self._output
        watched = select.poll()
        ended = os.pidfd_open(pid)
        watched.register(ended, select.POLLIN)
        watched.register(reader, select.POLLIN)
        if self._interrupt is not None:
            watched.register(self._interrupt.fileno(), select.POLLIN)
        quiet_since = time.monotonic()
        try:
            while True:
                now, paused = time.monotonic(), output.paused
                limits = [self._started + job.timeout + paused, quiet_since + job.idle_timeout]
                if now >= limits[0]:
                    raise Stopped(TIMED_OUT, self._too_long())
                if now >= limits[1]:
                    raise Stopped(
                        TIMED_OUT, f"printed nothing for {duration_words(job.idle_timeout)}"
                    )
                if output.due is not None:
                    limits.append(output.due)
                ready = {fd for fd, _ in watched.poll(math.ceil((min(limits) - now) * 1000))}
                if reader in ready:
                    data = _read(reader)
                    if data:
                        output.write(data)
                        quiet_since = time.monotonic()
                    elif data is not None:
                        watched.unregister(reader)  # closed by all; the process goes on
                if output.due is not None and time.monotonic() >= output.due:
                    output.flush()
                quiet_since += output.paused - paused if reader not in ready else 0
                if ended in ready:
                    return
                if self._interrupt is not None and self._interrupt.fileno() in ready:
                    self._interrupt.check()
        finally:
            os.close(ended)

    def _drain(self, reader: int) -> None:
        while data := _read(reader):
            self._output.write(data)

    def _conclude(self, result: Result) -> Result:
        words, reason = result.state.replace("_", " "), result.reason or ""
        if result.state == PASSED or not reason:
            self._output.mark(words)
        else:  # "cancelled by octocat" says the state itself
            self._output.mark(reason if reason.startswith(words) else f"{words}: {reason}")
        self._output.finish()
        return result


def _read(reader: int) -> bytes | None:
    try:
        return os.read(reader, CHUNK)
    except BlockingIOError:
        return None
