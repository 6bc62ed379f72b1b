"""How git is started: a clean environment, a strict configuration, a clock, a limit.

Nothing of the service's environment but PATH is inherited, nobody's ~/.gitconfig is read, and
what a repository brings along (hooks, filters, submodules, redirects, odd protocols) is off.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from myapp.git import credentials
from myapp.git.errors import GitError, check

STANDARD_PATH = "/usr/local/bin:/usr/bin:/bin"
LOW_SPEED_SECONDS = 60  # GitHub may be silent that long while it counts objects
KEPT_OUTPUT = 1 << 20

_CONFIGURATION = (
    ("credential.helper", ""),  # first: empties the list of helpers
    ("core.askPass", ""),
    ("core.sshCommand", "/bin/false"),
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.symlinks", "true"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("protocol.allow", "never"),
    ("protocol.version", "2"),
    ("http.followRedirects", "initial"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", str(LOW_SPEED_SECONDS)),
    ("http.userAgent", "git/hobotnica"),
    # Git would keep a pack of every fetch to check it, and with thousands of packs everything gets
    # slow. What is dangerous in a checkout (a path into .git) the checkout itself refuses.
    ("transfer.fsckObjects", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    # Objects that a checkout borrows must never be pruned behind its back.
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("init.templateDir", ""),
    ("advice.detachedHead", "false"),
    ("filter.lfs.smudge", ""),
    ("filter.lfs.process", ""),
    ("filter.lfs.required", "false"),
)


@dataclass(frozen=True)
class Remote:
    """Where a repository is fetched from; the token stays out of the repr."""

    url: str
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


@dataclass(frozen=True)
class Command:
    """A command for somebody else to start: arguments and the whole environment."""

    argv: list[str]
    env: dict[str, str]


class Interrupt(Protocol):
    """Something that can end a command early: `check()` raises when it must end."""

    def fileno(self) -> int:
        """Readable when there is something to check."""

    def check(self) -> None:
        """Raise, if the command must end."""


def clone_url(github_url: str, owner: str, name: str) -> str:
    """`https://github.com`, `octo`, `hello` -> `https://github.com/octo/hello.git`."""
    return f"{github_url}/{quote(owner, safe='')}/{quote(name, safe='')}.git"


def environment(
    url: str | None = None, helper: str | None = None, ca_file: Path | None = None
) -> dict[str, str]:
    """The whole environment of one git command; `url` opens its protocol and no other."""
    settings = list(_CONFIGURATION)
    if url is not None:
        parts = urlsplit(url)
        scheme = parts.scheme if parts.scheme in ("http", "https") else "file"
        settings.append((f"protocol.{scheme}.allow", "always"))
        if helper is not None and scheme != "file":
            settings.append((f"credential.{scheme}://{parts.netloc}.helper", helper))
    if ca_file is not None:
        settings.append(("http.sslCAInfo", str(ca_file)))
    env = {
        "PATH": os.environ.get("PATH", STANDARD_PATH),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/true",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def run(
    arguments: Sequence[str],
    *,
    remote: Remote | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 60,
    file_limit: int | None = None,
    interrupt: Interrupt | None = None,
) -> str:
    """Run git and return its stdout; raises GitError, or what `interrupt.check()` raises.

    `remote` opens its URL's protocol and gives its token; `file_limit` is the size in bytes
    beyond which no file (a pack) may grow; `env` is added to the environment.
    """
    with contextlib.ExitStack() as stack:
        whole = environment()
        fds: tuple[int, ...] = ()
        if remote is not None:
            helper = None
            if remote.token is not None:
                fds = (stack.enter_context(credentials.memfd(remote.token)),)
                helper = credentials.helper(f"/proc/self/fd/{fds[0]}")
            whole = environment(remote.url, helper, remote.ca_file)
        process = _start(arguments, whole | (env or {}), fds, file_limit)
        with process:
            try:
                out, err = _collect(process, timeout, interrupt)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
    check(process.returncode, err.decode("utf-8", "replace"))
    return out.decode("utf-8", "replace")


def _start(
    arguments: Sequence[str], env: dict[str, str], fds: tuple[int, ...], file_limit: int | None
) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            ["git", *arguments],
            env=env,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # Python ignores SIGXFSZ, and so shall git: then it says "File too large".
            restore_signals=False,
            umask=0o022,  # builds read the mirror; the directory above it is closed
        )
    except FileNotFoundError:
        raise GitError("git_missing") from None
    if file_limit is not None:
        # Set on the running process: git starts its children only after reading its configuration.
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_limit, file_limit))
    return process


def _collect(
    process: subprocess.Popen[bytes], timeout: float, interrupt: Interrupt | None
) -> tuple[bytes, bytes]:
    """Both streams until they and the process have ended."""
    deadline = time.monotonic() + timeout
    ended = os.pidfd_open(process.pid)  # not Popen.wait(timeout), which sleeps and looks
    kept: dict[int, bytearray] = {}
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            kept[stream.fileno()] = bytearray()
            poll.register(stream, select.POLLIN)
    if interrupt is not None:
        poll.register(interrupt.fileno(), select.POLLIN)
    waiting = {*kept, ended}
    try:
        while waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                raise GitError("timeout")
            for fd, _ in poll.poll(left * 1000):
                if fd not in waiting:
                    if interrupt is not None:
                        interrupt.check()
                    continue
                data = b"" if fd == ended else os.read(fd, 65536)
                if data:
                    kept[fd] = (kept[fd] + data)[-KEPT_OUTPUT:]
                else:
                    waiting.discard(fd)
                    poll.unregister(fd)
    finally:
        os.close(ended)
    process.wait()
    out, err = kept.values()
    return bytes(out), bytes(err)
