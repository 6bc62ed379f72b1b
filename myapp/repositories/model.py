"""What the verbs about repositories take and return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol


@dataclass(frozen=True)
class Repository:
    """A registered repository; its token and webhook secret have verbs of their own.

    `status` is cloning, ready, running, failed or revoked; `running` is ready with a build on.
    `permission` is the asking account's, where one asked; times are seconds since 1970.
    """

    id: int
    uid: str
    node_id: str
    owner: str
    name: str
    account_id: int
    status: str
    status_reason: str | None
    default_branch: str
    default_branch_sha: str
    private: bool
    html_url: str
    description: str
    webhook_uid: str
    hook_id: int | None
    hook_state: str
    hook_reason: str | None
    test_target: str
    deploy_target: str
    deploy_branch: str
    auto_deploy: bool
    build_pull_requests: bool
    one_build_per_branch: bool
    timeout: int | None
    created_at: float
    updated_at: float
    revoked_at: float | None
    last_pulled_at: float | None
    pull_error: str | None
    checked_at: float | None
    permission: str | None = None
    permission_checked_at: float | None = None

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Repository:
        """From store.repositories.COLUMNS, with or without the permission."""
        repository = cls.__new__(cls)
        # Four times as fast as the frozen constructor, which lists of a hundred would feel.
        repository.__dict__.update(zip(_FIELDS, row, strict=False))
        return repository

    @property
    def full_name(self) -> str:
        """The name as people write it: `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def is_ready(self) -> bool:
        """Whether there is a mirror to build from."""
        return self.status in ("ready", "running")


_FIELDS = tuple(item.name for item in fields(Repository))


@dataclass(frozen=True)
class Variable:
    """An environment variable for the jobs `test`, `deploy` or both."""

    key: str
    value: str
    secret: bool
    jobs: tuple[str, ...]

    def __repr__(self) -> str:
        value = "***" if self.secret else self.value
        return f"Variable({self.key!r}, {value!r}, secret={self.secret}, jobs={self.jobs})"


class Facts(Protocol):
    """What is needed of github.model.RepositoryFacts."""

    @property
    def node_id(self) -> str:
        """The id that stays when the repository is renamed or transferred."""

    @property
    def owner(self) -> str:
        """The present owner's login."""

    @property
    def name(self) -> str:
        """The present name."""

    @property
    def private(self) -> bool:
        """Whether only some may see it."""

    @property
    def permission(self) -> str:
        """What the token's account may do."""

    @property
    def default_branch(self) -> str:
        """Empty in an empty repository."""

    @property
    def default_branch_sha(self) -> str:
        """Empty in an empty repository."""

    @property
    def html_url(self) -> str:
        """The page at GitHub."""

    @property
    def description(self) -> str:
        """Free text; anything may be in it."""


def described(facts: Facts) -> dict[str, Any]:
    """The columns that GitHub decides, but for the names."""
    return {
        "private": facts.private,
        "html_url": facts.html_url,
        "description": facts.description or "",
        "default_branch": facts.default_branch or "",
        "default_branch_sha": facts.default_branch_sha or "",
    }
