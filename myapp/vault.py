"""Secrets at rest: encrypted by keys in a file that is not in the database."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from myapp.errors import HobotnicaError


class VaultError(HobotnicaError):
    """A secret cannot be decrypted, or the key file cannot be used."""

    default_detail = "The secret cannot be decrypted: the key file is not the one it was made with"


class Vault:
    """Encrypts with the newest key, decrypts with any of them (MultiFernet)."""

    def __init__(self, keys: list[str], path: Path | None = None) -> None:
        self._path = path
        self._fernet = _fernet(keys)
        # The oldest key: a new one in front of it must not end every session.
        self._root = keys[-1].encode()

    @classmethod
    def open(cls, path: Path) -> Vault:
        """Read the key file, one key a line, the newest first; create it (0600) if absent."""
        try:
            if not path.exists():
                _create(path)
        except OSError as error:
            raise VaultError(f"The key file {path} cannot be used: {error.strerror}") from None
        return cls(_keys(path), path)

    @classmethod
    def add_key(cls, path: Path) -> Vault:
        """Put a new key before those in the file, which stay to decrypt with."""
        keys = [Fernet.generate_key().decode(), *_keys(path)]
        temporary = _write_beside(path, "".join(f"{key}\n" for key in keys).encode())
        temporary.replace(path)
        _sync_directory(path.parent)
        return cls(keys, path)

    def encrypt(self, text: str) -> bytes:
        """The encrypted form of the text."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, data: bytes) -> str:
        """The text again; raises VaultError."""
        try:
            return self._fernet.decrypt(bytes(data)).decode()
        except InvalidToken:
            return self._decrypt_anew(bytes(data))
        except (TypeError, UnicodeDecodeError):
            raise VaultError() from None

    def _decrypt_anew(self, data: bytes) -> str:
        """Another process may have added a key: read the file again before giving up."""
        if self._path is None:
            raise VaultError()
        self._fernet = _fernet(_keys(self._path))
        try:
            return self._fernet.decrypt(data).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise VaultError() from None

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes to sign with, another for each purpose (HKDF, RFC 5869)."""
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
        return derive.derive(self._root)

    def rotate(self, data: bytes) -> bytes:
        """The same text encrypted by the newest key; raises VaultError."""
        try:
            return self._fernet.rotate(bytes(data))
        except (InvalidToken, TypeError):
            raise VaultError() from None


def _fernet(keys: list[str]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise VaultError("The key file holds something that is not a key") from None


def _keys(path: Path) -> list[str]:
    try:
        text = _read(path)
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be used: {error.strerror}") from None
    except UnicodeDecodeError:
        raise VaultError(f"The key file {path} is not one of ours") from None
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    if not keys:
        raise VaultError(f"The key file {path} is empty")
    return keys


def _create(path: Path) -> None:
    """Of several starters one wins; a reader never sees half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = _write_beside(path, Fernet.generate_key() + b"\n")
    try:
        os.link(temporary, path)
        _sync_directory(path.parent)
    except FileExistsError:
        pass  # another starter was first: its key is the one
    finally:
        temporary.unlink()


def _write_beside(path: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise VaultError(f"The key file {path} can be read by others: chmod 600 {path}")
        return file.read().decode("ascii")
