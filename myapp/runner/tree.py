"""The process tree of a build: it dies as a whole, whatever it does.

The supervising process is a child subreaper (prctl(2)): every orphan of the build comes home to
it, so "no child is left" means that nothing is left.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Orphans among the descendants become children of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Get this signal when the thread that started this process ends."""
    _prctl(_PR_SET_PDEATHSIG, number)


def refuse_new_privileges() -> None:
    """Let set-uid programs give nothing to this process and its descendants."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@dataclass
class Usage:
    """What the reaped processes cost: CPU seconds of all, the largest one's memory in bytes."""

    cpu_seconds: float = 0.0
    max_rss: int = 0


def wait_for(pid: int, usage: Usage) -> int:
    """Wait for a child; its exit code, negative for a signal."""
    _, status, used = os.wait4(pid, 0)
    _add(usage, used)
    return os.waitstatus_to_exitcode(status)


def kill_descendants(usage: Usage, deadline: float = 5.0) -> bool:
    """Kill whatever this subreaper has below it; False if something would not die in time."""
    end = time.monotonic() + deadline
    # Blocked, so that sigtimedwait() can wait for the next death instead of sleeping.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        if _reap(usage):
            # Mostly it is the sandbox's last process, which is ending by itself.
            signal.sigtimedwait({signal.SIGCHLD}, 0.005)
        while _reap(usage):
            living = descendants(os.getpid())
            for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none can fork away
                for pid in living:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, number)
            if time.monotonic() > end:
                return False
            signal.sigtimedwait({signal.SIGCHLD}, 0.01)
        return True
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def descendants(root: int) -> list[int]:
    """Every living process below `root`, in no order."""
    children: dict[int, list[int]] = {}
    for pid, parent in processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    open_ends = [root]
    while open_ends:
        below = children.get(open_ends.pop(), [])
        found += below
        open_ends += below
    return found


def processes() -> list[tuple[int, int]]:
    """Every living process as (pid, parent); zombies are left out."""
    found = []
    with os.scandir("/proc") as entries:
        names = [entry.name for entry in entries if entry.name.isdigit()]
    for name in names:
        with contextlib.suppress(OSError, ValueError):
            # proc(5): the name in parentheses may hold anything, so read behind the last one.
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - there are hundreds
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state not in (b"Z", b"X"):
                found.append((int(name), int(parent)))
    return found


def _reap(usage: Usage) -> bool:
    while True:
        try:
            pid, _, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        _add(usage, used)


def _add(usage: Usage, used: object) -> None:
    usage.cpu_seconds += used.ru_utime + used.ru_stime  # type: ignore[attr-defined]
    usage.max_rss = max(usage.max_rss, used.ru_maxrss * 1024)  # type: ignore[attr-defined]
