"""One file with everything that cannot be fetched again: the database and the key."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

from myapp.context import Context
from myapp.errors import Conflict
from myapp.settings import Settings
from myapp.store import snapshot

DATABASE = "hobotnica.sqlite3"
KEY = "key"


def write(context: Context, destination: Path) -> int:
    """Write the backup (0600), while the service runs; its size in bytes.

    Raises Conflict if the file exists or the database is not SQLite.
    """
    if destination.exists():
        raise Conflict(f"{destination} exists already")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".backup-") as place:
        copy, archive = Path(place, DATABASE), Path(place, "backup.tar.gz")
        snapshot.write(context.database, copy)
        descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as tar:
                tar.add(copy, DATABASE)
                tar.add(context.settings.data_dir / KEY, KEY)
            file.flush()
            os.fsync(file.fileno())
        os.link(archive, destination)
    return destination.stat().st_size


def restore(settings: Settings, source: Path) -> None:
    """Put a backup into a data directory that has no database yet; raises Conflict."""
    directory = settings.data_dir
    if (directory / DATABASE).exists() or (directory / KEY).exists():
        raise Conflict(f"{directory} has a database or a key already; choose an empty directory")
    if settings.database_url:
        raise Conflict("HOBOTNICA_DATABASE_URL is set: backups are of the SQLite database")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tarfile.open(source) as tar:
            for name in (KEY, DATABASE):
                _extract(tar, name, directory / name)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        for name in (KEY, DATABASE):
            (directory / name).unlink(missing_ok=True)
        raise Conflict(f"{source} is not a backup of Hobotnica's: {error}") from None


def _extract(tar: tarfile.TarFile, name: str, destination: Path) -> None:
    """Only the content is taken: never a path or a mode from the archive."""
    content = tar.extractfile(name)
    if content is None:
        raise KeyError(f"{name} is not a file")
    descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
