"""Where one attempt at a build lives: `checkout`, `home` and `tmp` in a directory of its own.

The directory is locked (flock(2)) as long as its supervising process lives. So what a crash left
behind is known without asking anybody: its lock is free.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRASH = ".trash"


class Workspace:
    """Made fresh and locked; `remove()` when the build has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkout = path / "checkout"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        if path.exists():
            discard(path)
        path.mkdir(mode=0o700)
        self._lock: int | None = _lock(path)
        for part in ("home", "tmp"):
            (path / part).mkdir(mode=0o700)

    def give_to(self, uid: int, gid: int) -> None:
        """Make the build's user the owner of all of it (before anything of the build runs)."""
        for root, directories, files in os.walk(self.path):
            os.chown(root, uid, gid, follow_symlinks=False)
            for name in files + directories:
                os.chown(os.path.join(root, name), uid, gid, follow_symlinks=False)  # noqa: PTH118
        # bwrap enters the checkout as root without root's capabilities: through the group.
        for path in (self.path, self.checkout):
            os.chown(path, uid, 0)
            path.chmod(0o710)
        known = Path("/etc/passwd").read_text(errors="replace")
        user = f"hobotnica:x:{uid}:{gid}::{self.path / 'home'}:/bin/sh\n"
        (self.path / "passwd").write_text(known + user)

    def remove(self) -> None:
        """Out of the way by one rename, then deleted."""
        self.unlock()
        discard(self.path)

    def unlock(self) -> None:
        """Let go of the lock: whoever sweeps may have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def discard(path: Path) -> None:
    """Rename into the trash (the name is free at once), then delete; never raises."""
    trash = path.parent / TRASH
    with contextlib.suppress(OSError):
        trash.mkdir(mode=0o700, exist_ok=True)
        doomed = trash / secrets.token_hex(8)
        path.rename(doomed)
        _delete(doomed)


def sweep(workspaces: Path) -> list[str]:
    """Remove what dead supervising processes left, and kill what still runs there.

    Returns the names of the workspaces that were removed. Those of living ones are locked and
    left alone, whoever they belong to.
    """
    swept = []
    with contextlib.suppress(FileNotFoundError):
        for path in workspaces.iterdir():
            if path.name == TRASH or not path.is_dir() or path.is_symlink():
                continue
            try:
                lock = _lock(path)
            except OSError:
                continue  # its supervising process lives
            _kill_inhabitants(path)
            os.close(lock)
            discard(path)
            swept.append(path.name)
        for doomed in (workspaces / TRASH).iterdir():
            _delete(doomed)
    return sorted(swept)


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _kill_inhabitants(path: Path) -> None:
    """Kill every process whose home is in this workspace (of a build without a supervisor)."""
    marker = b"\0HOME=" + os.fsencode(path / "home") + b"\0"
    own = os.getpid()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == own:
            continue
        with contextlib.suppress(OSError):
            if marker in b"\0" + (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


def _delete(path: Path) -> None:
    # Safe against links that move underneath: rmtree works on directory descriptors.
    shutil.rmtree(path, onerror=_insist)


def _insist(function: Callable[..., Any], path: str, _: object) -> None:
    """Builds leave directories without the right to write (Go's module cache does)."""
    with contextlib.suppress(OSError):
        parent = Path(path).parent
        for place in (parent, Path(path)):
            if stat.S_ISDIR(place.lstat().st_mode):
                place.chmod(0o700)
        if function in (os.unlink, os.rmdir):
            function(path)
        elif function in (os.open, os.scandir, os.lstat):
            shutil.rmtree(path, ignore_errors=True)
