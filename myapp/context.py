"""What every verb needs to do its work; one per process."""

from __future__ import annotations

from dataclasses import dataclass, field

from myapp.bus import Bus
from myapp.cache import Cache
from myapp.errors import SettingsError
from myapp.settings import Settings
from myapp.store.database import Database
from myapp.vault import Vault, VaultError


@dataclass(frozen=True)
class Context:
    """The settings and the open parts of this process."""

    settings: Settings
    database: Database
    vault: Vault
    bus: Bus
    cache: Cache = field(default_factory=Cache)

    @classmethod
    def open(cls, settings: Settings) -> Context:
        """Make the data directory (0700), open the key file and the database; no migration."""
        directory = settings.data_dir
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            vault = Vault.open(directory / "key")
        except OSError as error:
            raise SettingsError(f"HOBOTNICA_DATA_DIR: {directory}: {error.strerror}") from None
        except VaultError as error:
            raise SettingsError(str(error)) from None
        return cls(settings, Database(settings.database), vault, Bus(directory / "run"))

    def close(self) -> None:
        """Close what this process opened."""
        self.database.close()

    def changed(self, group: str) -> None:
        """Drop what was cached of `group`, here and in the other processes of this machine."""
        self.cache.drop(group)
        self.bus.publish("changed", group=group)
