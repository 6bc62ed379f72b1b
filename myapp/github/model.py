"""What GitHub tells us, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# Enum RepositoryPermission of GitHub's GraphQL schema, the least first.
PERMISSIONS = ("READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN")


@dataclass(frozen=True)
class Viewer:
    """The account a token belongs to; `node_id` stays when the login changes."""

    node_id: str
    login: str
    name: str
    html_url: str


@dataclass(frozen=True)
class RepositoryFacts:
    """A repository as the token's account sees it; `owner` and `name` are the present ones.

    `default_branch`, `default_branch_sha`, `head_message` and `head_author` are empty in an empty
    repository; `permission` is one of PERMISSIONS.
    """

    node_id: str
    owner: str
    name: str
    private: bool
    archived: bool
    empty: bool
    permission: str
    default_branch: str
    default_branch_sha: str
    head_message: str
    head_author: str
    html_url: str
    description: str

    @property
    def full_name(self) -> str:
        """The name as people write it: `owner/name`."""
        return f"{self.owner}/{self.name}"


class Access(NamedTuple):
    """Who asked, and what they see; from one request, so both are of the same moment."""

    viewer: Viewer
    repository: RepositoryFacts


@dataclass(frozen=True)
class OwnerFacts:
    """A user or an organisation; `may_administer` is about the token's account."""

    node_id: str
    login: str
    organisation: bool
    may_administer: bool
    viewer: Viewer


@dataclass(frozen=True)
class Commit:
    """A commit that a branch, a tag or a SHA led to.

    `ref` is the full name (`refs/heads/main`, `refs/tags/v1`) or, for a SHA, the SHA itself;
    `branch` is empty unless a branch was asked for.
    """

    sha: str
    message: str
    author: str
    branch: str
    ref: str


@dataclass(frozen=True)
class Hook:
    """A repository's webhook; GitHub never tells the secret, only whether there is one."""

    id: int
    url: str
    events: tuple[str, ...]
    content_type: str
    insecure_ssl: bool
    active: bool
    has_secret: bool
