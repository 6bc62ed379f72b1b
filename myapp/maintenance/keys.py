"""Changing the key that everything secret is encrypted with."""

from __future__ import annotations

from myapp.context import Context
from myapp.store import encrypted
from myapp.vault import Vault


def rotate(context: Context) -> int:
    """Put a new key before the old ones and encrypt every secret with it; how many.

    The old keys stay in the file, so that running processes and old backups can still be read;
    remove their lines once both are gone.
    """
    vault = Vault.add_key(context.settings.data_dir / "key")
    with context.database.write() as connection:
        return encrypted.change_all(connection, vault.rotate)
