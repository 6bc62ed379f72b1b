"""Wake-ups between the processes of one machine, over Unix datagram sockets.

A message only says that there may be something to look at: it may be lost, so every listener
also looks by itself now and then. Nothing secret is ever put into a message.

Every listener has a socket file of its own in the directory; its name ends with the kinds it
wants (`worker-123-4f2a.queued+cancel.sock`), so that a publisher wakes nobody needlessly.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SUFFIX = ".sock"
LARGEST = 4096


class Bus:
    """Publishes to, and listens in, one directory (created with mode 0700)."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Addressed through the descriptor: a socket's path may have 107 bytes only (unix(7)).
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._sender.setblocking(False)

    def publish(self, kind: str, **fields: Any) -> None:
        """Tell every listener of this kind; never blocks and never raises."""
        with contextlib.suppress(OSError, TypeError, ValueError):
            message = json.dumps({"kind": kind, **fields}).encode()
            for name in self._sockets():
                if _wants(name, kind):
                    self._send(name, message)

    def listen(self, name: str, kinds: Iterable[str] = ()) -> Listener:
        """Open a listener; without kinds it gets every message."""
        self._sweep()
        wanted = "+".join(sorted(kinds))
        label = "".join(letter for letter in name if letter.isalnum())[:40]
        file = f"{label}-{os.getpid()}-{secrets.token_hex(4)}.{wanted}{SUFFIX}"
        return Listener(self._directory, file)

    def close(self) -> None:
        """Let go of the descriptors; listeners stay as they are."""
        self._sender.close()
        with contextlib.suppress(OSError):
            os.close(self._directory)

    def _send(self, name: str, message: bytes) -> None:
        try:
            self._sender.sendto(message, f"/proc/self/fd/{self._directory}/{name}")
        except ConnectionRefusedError:
            # Its process is dead: the name is random, so nobody else can own it.
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._directory)
        except OSError:
            pass  # a full queue is awake already; a removed socket wants nothing

    def _sweep(self) -> None:
        for name in self._sockets():
            self._send(name, b"")

    def _sockets(self) -> list[str]:
        with os.scandir(self._directory) as entries:
            return [entry.name for entry in entries if entry.name.endswith(SUFFIX)]


class Listener:
    """One receiver; `fileno()` is readable when `receive()` has something."""

    def __init__(self, directory: int, name: str) -> None:
        self._directory = os.dup(directory)
        self._name = name
        self._owner = os.getpid()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._socket.bind(f"/proc/self/fd/{self._directory}/{name}")
        os.chmod(name, 0o600, dir_fd=self._directory)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> list[dict[str, Any]]:
        """Every message that is there now, oldest first; never blocks."""
        messages: list[dict[str, Any]] = []
        while True:
            try:
                raw = self._socket.recv(LARGEST)
            except OSError:
                return messages
            with contextlib.suppress(ValueError):
                message = json.loads(raw)
                if isinstance(message, dict) and isinstance(message.get("kind"), str):
                    messages.append(message)

    def close(self) -> None:
        """Close and remove the socket (a forked copy only closes)."""
        if self._socket.fileno() == -1:
            return
        self._socket.close()
        if os.getpid() == self._owner:
            with contextlib.suppress(OSError):
                os.unlink(self._name, dir_fd=self._directory)
        os.close(self._directory)


def _wants(name: str, kind: str) -> bool:
    wanted = name.removesuffix(SUFFIX).rpartition(".")[2]
    return not wanted or kind in wanted.split("+")
