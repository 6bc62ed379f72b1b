"""Where supervising processes come from: a small, warm process that forks.

It is forked off the worker before the worker opens a database or starts a thread. So a fork is
quick, no descriptor and no lock of the worker's gets into a build's supervising process, and no
Python starts while somebody waits for a build. It is a subreaper: when a supervising process is
killed outright, its build's orphans come home here and are killed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import traceback
from dataclasses import dataclass

from myapp.runner import sandbox, tree
from myapp.runner.build import Attempt
from myapp.runner.model import Job, Stopped
from myapp.worker import frames
from myapp.worker.channel import Channel


class Nursery:
    """The worker's handle: `begin()` a job, `close()` to end every supervising process."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self._control = control

    @classmethod
    def start(cls) -> Nursery:
        """Fork the nursery; call this from the main thread before any other is started."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                ours.close()
                _be_the_nursery(theirs, parent)
                code = 0
            finally:
                os._exit(code)
        theirs.close()
        return cls(pid, ours)

    def fileno(self) -> int:
        """Readable only when the nursery has died."""
        return self._control.fileno()

    def begin(self, job: Job) -> socket.socket:
        """Start a supervising process; the socket speaks frames. OSError: no nursery."""
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [b"begin"], [theirs.fileno()])
            ours.sendall(frames.pack("job", job.to_wire()))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def close(self) -> None:
        """End it, and with it every build that still runs; waits until it is gone."""
        self._control.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _be_the_nursery(control: socket.socket, parent: int) -> None:
    os.setsid()  # Ctrl-C at the terminal is the worker's business
    tree.die_with_parent(signal.SIGTERM)
    tree.become_subreaper()
    _detach(control.fileno())
    wake = _hear(signal.SIGCHLD, signal.SIGTERM)
    if os.getppid() != parent:
        return
    sandbox.warm()
    gc.collect()
    gc.freeze()
    supervisors: set[int] = set()
    spare = _fork_one(control, supervisors)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == wake:
                if signal.SIGTERM in os.read(wake, 4096):
                    return
                _reap(supervisors)
                continue
            message, descriptors, _, _ = socket.recv_fds(control, 16, 1)
            if not message:
                return
            while not spare.take(descriptors[0]):
                spare = _fork_one(control, supervisors)  # the one that waited was killed
            os.close(descriptors[0])
            spare = _fork_one(control, supervisors)


@dataclass
class _Spare:
    """A supervising process that waits for its build: no build waits for a fork."""

    line: socket.socket

    def take(self, connection: int) -> bool:
        """Give it the build's line; False if it is dead."""
        try:
            socket.send_fds(self.line, [b"begin"], [connection])
        except OSError:
            return False
        finally:
            self.line.close()
        return True


def _fork_one(control: socket.socket, supervisors: set[int]) -> _Spare:
    parent = os.getpid()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        control.close()
        ours.close()
        _supervise(theirs, parent)
    theirs.close()
    supervisors.add(pid)
    return _Spare(ours)


def _detach(kept: int) -> None:
    """Let go of every descriptor of the worker's but the three standard ones."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    with os.scandir("/proc/self/fd") as entries:
        names = [int(entry.name) for entry in entries]
    for fd in names:
        if fd > 2 and fd != kept:
            with contextlib.suppress(OSError):
                os.close(fd)


def _hear(*numbers: signal.Signals) -> int:
    """A descriptor that gives the number of each of these signals as a byte."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return reader


def _reap(supervisors: set[int]) -> None:
    killed = False
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            break
        # One that ended by itself has seen to its build's processes.
        killed = killed or status != 0
        supervisors.discard(pid)
    if killed:
        _kill_orphans(supervisors)


def _kill_orphans(supervisors: set[int]) -> None:
    # Children that nobody here started: orphans of a supervising process that was killed.
    parents = dict(tree.processes())
    own = os.getpid()
    for pid, parent in parents.items():
        if parent == own and pid not in supervisors:
            for doomed in [*tree.descendants(pid), pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(doomed, signal.SIGKILL)


def _supervise(line: socket.socket, parent: int) -> None:
    """A supervising process's whole life, from waiting for a build on; does not return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        tree.die_with_parent(signal.SIGTERM)
        tree.become_subreaper()
        os.umask(0o022)
        if os.getppid() == parent:
            message, descriptors, _, _ = socket.recv_fds(line, 16, 1)
            line.close()
            if message:
                _run(socket.socket(fileno=descriptors[0]))
        code = 0
    except BaseException as error:
        # Where, but not what: a message might hold a secret.
        sys.stderr.write(f"hobotnica: a supervising process failed: {type(error).__name__}\n")
        traceback.print_tb(error.__traceback__)
    finally:
        os._exit(code)


def _run(connection: socket.socket) -> None:
    first = frames.read(connection)
    if first is None or first[0] != "job":
        return
    job = Job.from_wire(first[1])
    channel = Channel(connection)
    channel.emit("pid", str(os.getpid()).encode())
    with Attempt(job, channel.emit, channel) as attempt:
        result = attempt.run()
        with contextlib.suppress(Stopped):
            channel.emit("result", result.to_wire())
