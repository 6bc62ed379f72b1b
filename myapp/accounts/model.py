"""What the verbs about people return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

# GitHub's RepositoryPermission, the least first.
PERMISSIONS = ("READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN")


@dataclass(frozen=True)
class Account:
    """Somebody GitHub knows; `github_id` is the node id, `admin` comes from the settings."""

    id: int
    github_id: str
    login: str
    name: str
    html_url: str
    disabled: bool
    disabled_reason: str | None
    created_at: float
    seen_at: float
    admin: bool = False

    @classmethod
    def from_row(cls, row: Sequence[Any], admins: tuple[str, ...]) -> Account:
        """From the columns of store.accounts, and the logins that are administrators'."""
        values = dict(zip(_COLUMNS, row, strict=False))
        return cls(**values, admin=values["login"].lower() in admins)


_COLUMNS = tuple(item.name for item in fields(Account) if item.name != "admin")


@dataclass(frozen=True)
class Access:
    """What GitHub said at `checked_at` that an account may do with a repository."""

    permission: str
    checked_at: float

    def age(self, now: float) -> float:
        """Seconds since GitHub was asked."""
        return max(0.0, now - self.checked_at)


@dataclass(frozen=True)
class ApiToken:
    """One of an account's tokens; the token itself is shown once and never kept."""

    id: int
    name: str
    created_at: float


def allows(permission: str | None, need: str) -> bool:
    """Whether who has `permission` (None: nothing) may do what asks for `need`."""
    if permission not in PERMISSIONS:
        return False
    return PERMISSIONS.index(permission) >= PERMISSIONS.index(need)
