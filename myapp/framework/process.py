"""The processes of serve.py: the master, its one web worker, the companion; who ends whom.

Each function replaces one of skitai/backbone/http_server.py or rs4/psutil/kill.py.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil  # type: ignore[import-untyped]

from myapp.framework.compat import (
    asyncore,
    engine,
    executors,
    http_server,
    kill,
    loop_lifetime,
    poll_lifetime,
)

STOP_SECONDS = 8.0
DRAIN_SECONDS = 5.0
RESTART_SECONDS = 3
STARTUP_FAILED = 2  # http_server.EXCD_STARTUP_ERROR
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Companion:
    """The process beside the web side; it stops when its standard input ends, whoever ended us."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.argv = argv
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C is ours alone."""
        os.register_at_fork(after_in_child=self._forget)
        self._spawn()

    def _spawn(self) -> None:
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, start_new_session=True)

    def _forget(self) -> None:
        """In a forked child: let go of the pipe, or its end would never reach the companion."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None
        self.stopping = True

    def check(self) -> None:
        """After SIGCHLD: start it again a little later if it has died."""
        if self.process is not None and not self.stopping and self.process.poll() is not None:
            signal.signal(signal.SIGALRM, lambda *_: self._restart())
            signal.alarm(RESTART_SECONDS)

    def _restart(self) -> None:
        if not self.stopping:
            self._spawn()

    def ask_to_stop(self) -> None:
        """End its standard input."""
        self.stopping = True
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def stop(self, seconds: float = 20.0) -> None:
        """Ask, wait, and in the end kill its whole session."""
        self.ask_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


companion: Companion | None = None
master_pid = 0


def _reap(*_: Any) -> None:
    # hCHLD counts any dead child as a web worker and then blocks on waiting for one (line 626).
    for pid, process in list(http_server.PID.items()):
        if process is None:
            continue
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended, status = pid, 0
        if ended:
            _forget_worker(pid, status)
    _end_orphans()
    if companion is not None:
        companion.check()


def _end_orphans() -> None:
    """Adopt and end the commands that a web worker had started when it was killed.

    Nobody would hear how they end. `timeout` made each of them a process group in our session.
    """
    known = {pid for pid, process in http_server.PID.items() if process is not None}
    if companion is not None and companion.process is not None:
        known.add(companion.process.pid)
    for child in psutil.Process().children():
        with contextlib.suppress(OSError, psutil.Error):
            group = os.getpgid(child.pid)
            if child.pid in known:
                continue
            if os.getsid(child.pid) == os.getsid(0) and group != os.getpgrp():
                os.killpg(group, signal.SIGKILL)
            os.waitpid(child.pid, os.WNOHANG)


def _forget_worker(pid: int, status: int) -> None:
    http_server.PID[pid] = None
    http_server.ACTIVE_WORKERS -= 1
    if pid in http_server.WORKER_IDS:
        http_server.WORKER_IDS[http_server.WORKER_IDS.index(pid)] = None
    if os.waitstatus_to_exitcode(status) == STARTUP_FAILED:
        http_server.terminate_master()
        http_server.EXITCODE = 1  # the set exits 0, which a supervisor takes for success


def _signal_workers(sig: int) -> None:
    # DO_SHUTDOWN ignores SIGCHLD from here on: commands' exit codes would be lost (line 644).
    for pid, process in list(http_server.PID.items()):
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)


def _end_master(sig: int = signal.SIGTERM) -> None:
    http_server.SURVAIL = False
    http_server.EXITCODE = 0
    if companion is not None:
        companion.ask_to_stop()
    _signal_workers(sig)


def _end_worker(*_: Any) -> None:
    # hTERMWORKER gives requests in flight half a second (line 652).
    loop_lifetime.shutdown(http_server.EXCD_SHUTDOWN, DRAIN_SECONDS)


def _end_children(parent: int | None = None) -> None:
    """Wait for the web workers (in the master), end one's own commands (in a worker).

    The set kills all of the master's children, from whichever process calls: the default argument
    was evaluated when the module was imported (kill.py:28).
    """
    if http_server.PID:
        _wait_for_workers()
        return
    me = psutil.Process(parent or os.getpid())
    mine = [child for child in me.children(recursive=True) if not _is_companion(child)]
    for child in mine:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(mine, timeout=2)
    for child in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def _is_companion(process: psutil.Process) -> bool:
    if companion is None or companion.process is None:
        return False
    with contextlib.suppress(OSError):
        return os.getsid(process.pid) == companion.process.pid
    return False


def _wait_for_workers() -> None:
    limit = time.monotonic() + STOP_SECONDS
    while any(http_server.PID.values()) and time.monotonic() < limit:
        time.sleep(0.02)
        _reap()
    _signal_workers(signal.SIGKILL)


def _drain_loop() -> None:
    """Close the port, finish what is under way, leave.

    The set walks a map that its own steps change, and drops requests in flight
    (backbone/lifetime.py:143).
    """
    sockets = asyncore.socket_map
    for server in [item for item in sockets.values() if isinstance(item, http_server.http_server)]:
        server.close()
    limit = time.monotonic() + loop_lifetime._shutdown_timeout
    while any(map(_in_flight, list(sockets.values()))) and time.monotonic() < limit:
        poll_lifetime.poll_fun_wrap(0.1, sockets)
        loop_lifetime.tick_timer.tick()
    loop_lifetime._shutdown_phase = 4


def _in_flight(item: Any) -> bool:
    if not isinstance(item, http_server.http_channel) or item.closed:
        return False
    request = item.current_request
    waiting = request is not None and not request.response.is_async_streaming()
    return waiting or bool(item.writable())


def _shut_executor(self: Any) -> None:
    # executors.py:70 waits for every thread, however long its command still runs.
    self.no_more_request = True
    if self.executor is not None:
        _end_children()
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor, self.futures = None, []


def enter_worker() -> None:
    """In the web worker, after the fork: own signals, and death with the master."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the master tells us
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, a failing command looks green
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != master_pid:  # it ended before it could tell us
        sys.exit(0)


def _leave_exit_code(self: Any, code: int) -> None:
    # Skitai.py:191 waits for any child here, the companion too.
    self._exit_code = code


def install(command: Sequence[str] = ()) -> None:
    """Replace the set's process handling; `command` is the companion's."""
    global companion, master_pid  # noqa: PLW0603
    master_pid = os.getpid()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    companion = Companion(command) if command else None
    http_server.hCHLD = _reap
    http_server.DO_SHUTDOWN = _signal_workers
    http_server.terminate_master = _end_master
    http_server.hQUITMASTER = lambda *_: _end_master(signal.SIGQUIT)
    http_server.hTERMWORKER = _end_worker
    kill.child_processes_gracefully = _end_children
    loop_lifetime.graceful_shutdown_loop = _drain_loop
    executors.ThreadExecutor.shutdown = _shut_executor
    engine.Loader.handle_exit_code = _leave_exit_code
