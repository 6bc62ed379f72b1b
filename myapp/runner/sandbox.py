"""The sandbox's levels: bubblewrap, then unshare, then nothing but limits.

bwrap    own pid, ipc, uts and cgroup namespaces, private /tmp, /proc and /dev, no capabilities;
         of the file system only the system's directories (read-only), the repository's mirror
         (read-only, at its own path) and the workspace are there.
unshare  own pid namespace and /proc; the file system is as it is.
none     limits only.

Started as root, a build gets a user id of its own at every level: 60706-61183, a range that
nobody hands out (systemd's UIDS-GIDS), the user by build, the group by repository. The network is
shared. /etc/hobotnica, if there is one, is never visible under bwrap.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path

from myapp.runner import tree
from myapp.runner.model import Job

FIRST_ID = 60706
IDS = 478
MOST_PROCESSES = 4096
_SYSTEM = ("/usr", "/etc", "/opt", "/nix")
# Process 1 of a namespace gets no signal from inside it; make is to be an ordinary process.
_INIT = ("/bin/sh", "-c", '"$@"; exit $?', "init")
_ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# What chroot(1) needs to change the user, and loses by it (half as slow as setpriv(1)).
_DROPPING = ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT")


def warm() -> None:
    """Find out anew what is the same for every build; forked processes then know it."""
    _system_directories.cache_clear()
    _program.cache_clear()
    _system_directories()
    for name in ("bwrap", "chroot", "unshare", "setpriv"):
        _program(name)


def identity(job: Job) -> tuple[int, int] | None:
    """The user and group a build runs as, or None for the service's own."""
    if not job.sandbox.own_uid:
        return None
    return FIRST_ID + job.build_id % IDS, FIRST_ID + job.repository_id % IDS


def confine(job: Job, argv: list[str]) -> list[str]:
    """The command that runs `argv` in the checkout at the sandbox's level.

    Nothing secret is in it: the environment goes along as an environment.
    """
    if job.sandbox.level == "bwrap":
        return [*_bubblewrap(job), *argv]
    if job.sandbox.level == "unshare":
        command = [_program("unshare"), "--mount", "--pid", "--mount-proc"]
        command += ["--fork", "--kill-child"]
        who = identity(job)
        if who is None:
            return [*command, "--user", "--map-current-user", "--", *_INIT, *argv]
        return [*command, "--", *_setpriv(*who), *_INIT, *argv]
    return argv


def preparation(job: Job) -> Callable[[], None] | None:
    """What the new process does to itself before it becomes the command.

    None under bwrap, which does all of it: without, the process starts 2 ms sooner (vfork).
    """
    if job.sandbox.level == "bwrap":
        return None
    drops = identity(job) if job.sandbox.level == "none" else None

    def prepare() -> None:
        if drops is not None:
            os.setgroups([])
            os.setresgid(drops[1], drops[1], drops[1])
            os.setresuid(drops[0], drops[0], drops[0])
        if job.sandbox.level == "none":
            tree.refuse_new_privileges()
        tree.die_with_parent(signal.SIGKILL)  # last: a change of user takes it back

    return prepare


def constrain(job: Job, pid: int) -> None:
    """The limits of a command that has just been started; its descendants inherit them."""
    with contextlib.suppress(OSError):  # it may have ended already
        _limit(pid, resource.RLIMIT_CORE, 0)
        if job.sandbox.own_uid:
            _limit(pid, resource.RLIMIT_NPROC, MOST_PROCESSES)
        # The kernel, short of memory, takes the build and not the service.
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")


def _limit(pid: int, kind: int, value: int) -> None:
    hard = resource.prlimit(pid, kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.prlimit(pid, kind, (value, value))


@cache
def _program(name: str) -> str:
    """The absolute path: a build's PATH must not choose what runs before its user is put on."""
    return shutil.which(name) or name


def _setpriv(uid: int, gid: int) -> list[str]:
    command = [_program("setpriv"), f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    return [*command, "--no-new-privs", "--"]


def _bubblewrap(job: Job) -> list[str]:
    who = identity(job)
    command = [_program("bwrap"), "--die-with-parent", "--new-session"]
    command += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    command += ["--hostname", "hobotnica", "--cap-drop", "ALL"]
    if who is None:
        command.append("--unshare-user")
    else:
        for capability in _DROPPING:
            command += ["--cap-add", capability]
    command += _system_directories()
    command += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - private ones
        command += ["--perms", "1777", "--tmpfs", place]
    command += _own_directories(job)
    command += ["--chdir", str(job.workspace / "checkout"), "--"]
    if who is None:
        return command
    user = f"--userspec=+{who[0]}:+{who[1]}"
    return [*command, _program("chroot"), user, "--groups=", "--skip-chdir", "/"]


@cache
def _system_directories() -> tuple[str, ...]:
    command = []
    for place in _SYSTEM:
        command += ["--ro-bind-try", place, place]
    for name in _ROOT_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    resolver = Path("/etc/resolv.conf").resolve()
    if not resolver.is_relative_to("/etc"):
        command += ["--ro-bind-try", str(resolver), str(resolver)]
    if Path("/etc/hobotnica").is_dir():
        command += ["--tmpfs", "/etc/hobotnica"]
    return tuple(command)


def _own_directories(job: Job) -> list[str]:
    """The workspace and the mirror at their own paths, and nothing else of the data directory."""
    command = []
    if any(job.sandbox.hidden.is_relative_to(place) for place in _SYSTEM):
        command += ["--tmpfs", str(job.sandbox.hidden)]
    # bwrap would make the parents as closed as the real ones are; the build must pass them.
    passed = {path for place in (job.mirror, job.workspace) for path in place.parents}
    for path in sorted(passed):
        if path != Path("/") and not _given(path, job.sandbox.hidden):
            command += ["--dir", str(path)]
    command += ["--ro-bind", str(job.mirror), str(job.mirror)]
    command += ["--bind", str(job.workspace), str(job.workspace)]
    users = job.workspace / "passwd"
    if users.is_file():
        command += ["--ro-bind", str(users), "/etc/passwd"]
    return command


def _given(path: Path, hidden: Path) -> bool:
    """Whether the path is there already: one of the system's, outside of what is hidden."""
    if path.is_relative_to(hidden) and path != hidden:
        return False
    return any(path.is_relative_to(place) for place in _SYSTEM)
