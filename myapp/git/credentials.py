"""The token's way to git: a memfd for our own processes, a FIFO where no descriptor is passed on.

Both speak git-credential(1)'s format. Neither touches a disk; the helper that reads them is bound
to one host by the configuration (`credential.https://host.helper`), so that a redirect to another
host gets nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myapp.git.errors import GitError

LOOK_EVERY = 0.02  # seconds between two looks whether git has come for the token


def answer(token: str) -> bytes:
    """What a credential helper says; raises GitError for a token that would break the format."""
    if not token or any(ord(letter) < 0x21 or ord(letter) > 0x7E for letter in token):
        raise GitError("credentials", "The token has characters that no token has")
    return f"username=x-access-token\npassword={token}\n".encode()


@contextmanager
def memfd(token: str) -> Iterator[int]:
    """A descriptor that holds the helper's answer and can be read again and again."""
    fd = os.memfd_create("credentials", os.MFD_CLOEXEC)
    try:
        os.write(fd, answer(token))
        yield fd
    finally:
        os.close(fd)


def helper(path: str) -> str:
    """The value of `credential.<url>.helper` that reads this path when git asks, and only then."""
    return f'!f() {{ test "$1" = get && cat {shlex.quote(path)}; }}; f'


class FifoCredentials:
    """A FIFO (0600, in a private directory) that gives the answer to one reader, once.

    A thread waits for the reader. It ends after serving, on `close()`, or after `lifetime`
    seconds without a reader; the directory is gone whenever it has ended.
    """

    def __init__(self, token: str, directory: Path, lifetime: float) -> None:
        self._answer = answer(token)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._home = directory / f"token-{secrets.token_hex(8)}"
        self._home.mkdir(mode=0o700)
        self.path = self._home / "fifo"
        os.mkfifo(self.path, 0o600)
        self._lifetime = lifetime
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="credentials", daemon=True)
        self._thread.start()

    def __enter__(self) -> FifoCredentials:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FifoCredentials({str(self.path)!r})"

    @property
    def helper(self) -> str:
        """The credential helper's configuration value."""
        return helper(str(self.path))

    def close(self) -> None:
        """Take the token back; harmless when it was served or closed before."""
        self._closed.set()
        self._thread.join()

    def _serve(self) -> None:
        try:
            # Counted, not timed: a clock that jumps must not end it.
            for _ in range(max(1, int(self._lifetime / LOOK_EVERY))):
                if self._give() or self._closed.wait(LOOK_EVERY):
                    return
        finally:
            self._answer = b""
            shutil.rmtree(self._home, ignore_errors=True)

    def _give(self) -> bool:
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            return False  # ENXIO: nobody reads yet
        with contextlib.suppress(OSError):  # the reader may die; once is once
            os.write(fd, self._answer)
        os.close(fd)
        return True


def fifo_credentials(token: str, directory: Path, lifetime: float = 1800) -> FifoCredentials:
    """Serve `token` once through a FIFO below `directory`; use as a context or `close()` it."""
    return FifoCredentials(token, directory, lifetime)
