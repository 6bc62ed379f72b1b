"""The bare mirror of a repository: created once, then fetched into.

A build fetches its commit by SHA into a reference of its own (`refs/ci/<build>-<attempt>`): builds
of one repository never wait for each other's locks, and the commit stays while it is needed.
When the mirror has the commit already, git asks nobody: the push was signed and the mirror was
filled with a good token, so the network would add time and no safety. Whether the token is still
good is what the access check finds out.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from pathlib import Path

from myapp.git.command import Command, Interrupt, Remote, environment, run
from myapp.git.credentials import FifoCredentials
from myapp.git.errors import GitError, commit_gone

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_PROGRESS = re.compile(r"^(?:remote: )?\w[\w ]*: +\d+% .*$")
_ALL_HEADS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_FETCH = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
SMALLEST_LIMIT = 1 << 20
NEWEST = "refs/ci/newest"  # the commit that was fetched last


def clone_command(
    remote: Remote, destination: Path, limit: int, credentials: FifoCredentials | None = None
) -> Command:
    """The first clone, for another to start; `destination` must not exist.

    Its stderr shows the progress (`progress()` reads it) and says what went wrong
    (`git.check(returncode, stderr)`). A pack larger than `limit` bytes ends it.
    """
    arguments = ["clone", "--bare", "--progress", "--no-local", "--", remote.url, str(destination)]
    return _command(arguments, remote, limit, credentials)


def fetch_command(
    remote: Remote, mirror: Path, limit: int, credentials: FifoCredentials | None = None
) -> Command:
    """A fetch of every branch and tag into the mirror, for another to start."""
    arguments = ["-C", str(mirror), *_FETCH, "--progress", "--prune", "--", remote.url]
    return _command([*arguments, *_ALL_HEADS], remote, left(mirror, limit), credentials)


def incoming(mirror: Path) -> Path:
    """A fresh name beside the mirror to clone into; `settle` moves it to its place."""
    mirror.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    return mirror.with_name(f"{mirror.name}.incoming-{secrets.token_hex(4)}")


def clear(mirror: Path) -> None:
    """Remove what clones and deletions that were killed half-way have left beside the mirror."""
    for left_over in mirror.parent.glob(f"{mirror.name}.*-*"):
        remove(left_over)


def settle(arrived: Path, mirror: Path) -> None:
    """Put a finished clone in the mirror's place; if there is one already, it stays."""
    try:
        arrived.rename(mirror)
    except OSError:
        remove(arrived)


def create(
    remote: Remote, mirror: Path, *, timeout: float, limit: int, interrupt: Interrupt | None = None
) -> None:
    """Clone into the mirror; raises GitError and leaves nothing behind then."""
    arrived = incoming(mirror)
    arguments = ["clone", "--bare", "--no-local", "--", remote.url, str(arrived)]
    try:
        run(arguments, remote=remote, timeout=timeout, file_limit=limit, interrupt=interrupt)
    except BaseException:
        remove(arrived)
        raise
    settle(arrived, mirror)


def fetch_heads(remote: Remote, mirror: Path, *, timeout: float, limit: int) -> None:
    """Fetch every branch and tag, and forget those that are gone; raises GitError."""
    arguments = ["-C", str(mirror), *_FETCH, "-q", "--prune", "--", remote.url, *_ALL_HEADS]
    run(arguments, remote=remote, timeout=timeout, file_limit=left(mirror, limit))


def fetch_sha(
    remote: Remote,
    mirror: Path,
    sha: str,
    ref: str,
    *,
    timeout: float,
    limit: int,
    interrupt: Interrupt | None = None,
) -> None:
    """Fetch one commit into `ref`; raises GitError (kind `gone` if nobody has it)."""
    if not _SHA.match(sha):
        raise GitError("gone", "The commit's SHA is not one")
    arguments = ["-C", str(mirror), *_FETCH, "-q", "--", remote.url, f"+{sha}:{ref}"]
    try:
        run(
            arguments,
            remote=remote,
            timeout=timeout,
            file_limit=left(mirror, limit),
            interrupt=interrupt,
        )
    except GitError as error:
        raise (commit_gone(sha) if error.kind == "gone" else error) from None
    _remember(mirror, sha)


def _remember(mirror: Path, sha: str) -> None:
    """Point NEWEST at the commit, so that the next fetch asks for what came after it only.

    Otherwise the references of builds are gone by then, and everything since the last pull would
    be fetched again. Written by hand: `git update-ref` would be one more process a build, and two
    builds at once would meet at its lock.
    """
    with contextlib.suppress(OSError):  # only a matter of speed
        written = mirror / f"{NEWEST}-{secrets.token_hex(4)}.lock"  # no reference ends so
        written.write_text(f"{sha}\n")
        written.rename(mirror / NEWEST)


def heads(mirror: Path) -> dict[str, str]:
    """Every branch of the mirror with its commit: `{"main": "0123..."}`."""
    listed = run(
        ["-C", str(mirror), "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"]
    )
    found = {}
    for line in listed.splitlines():
        sha, _, ref = line.partition(" ")
        found[ref.removeprefix("refs/heads/")] = sha
    return found


def delete_ref(mirror: Path, ref: str) -> None:
    """Forget a build's reference; one that is absent is no error."""
    with contextlib.suppress(FileNotFoundError):
        (mirror / ref).unlink()
    with contextlib.suppress(OSError):
        if f" {ref}\n" in (mirror / "packed-refs").read_text(errors="replace"):
            run(["-C", str(mirror), "update-ref", "-d", ref])


def size(mirror: Path) -> int:
    """Bytes in the mirror's packs, half-received ones included (loose objects are small)."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(mirror / "objects" / "pack") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_size
    return total


def left(mirror: Path, limit: int) -> int:
    """How many bytes the next pack may have so that the mirror stays within `limit`."""
    return max(SMALLEST_LIMIT, limit - size(mirror))


def progress(output: str) -> str | None:
    """The newest line of progress in git's stderr, as `Receiving objects:  42% (21/50)`."""
    for line in reversed(re.split(r"[\r\n]+", output[-4096:])):
        if _PROGRESS.match(line.strip()):
            return line.strip()
    return None


def remove(mirror: Path) -> None:
    """Delete a mirror, or what a broken clone left of it; absent is no error."""
    shutil.rmtree(mirror, ignore_errors=True)


def _command(
    arguments: list[str], remote: Remote, limit: int, credentials: FifoCredentials | None
) -> Command:
    helper = credentials.helper if credentials is not None else None
    # The shell's ulimit counts in blocks of 512 bytes (POSIX) or 1024 (bash): never too strict.
    limited = f'umask 022; trap "" XFSZ; ulimit -f {limit // 512 + 1} && exec git "$@"'
    return Command(
        ["/bin/sh", "-c", limited, "git", *arguments],
        environment(remote.url, helper, remote.ca_file),
    )
