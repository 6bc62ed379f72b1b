"""The fake GitHub's accounts, tokens and repositories, and who may do what."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import factories

LEVELS = ("READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN")
_IDS = itertools.count(1001)


def _node_id(kind: str, number: int) -> str:
    return f"{kind}_" + base64.urlsafe_b64encode(f"{kind}{number}".encode()).decode().rstrip("=")


@dataclass
class Account:
    """A user or an organisation; only organisations have admins."""

    login: str
    name: str = ""
    organisation: bool = False
    admins: set[str] = field(default_factory=set)
    id: int = field(default_factory=lambda: next(_IDS))

    @property
    def node_id(self) -> str:
        """GraphQL's id."""
        return _node_id("O" if self.organisation else "U", self.id)


@dataclass
class Token:
    """A personal access token: `scopes` None makes it a fine-grained one."""

    value: str
    account: Account
    scopes: tuple[str, ...] | None = ("repo", "admin:repo_hook")
    sso_missing: set[str] = field(default_factory=set)  # organisations, lower case

    def has(self, *scopes: str) -> bool:
        """Whether it has one of the scopes (a fine-grained token is not asked)."""
        return self.scopes is None or any(scope in self.scopes for scope in scopes)


@dataclass
class FakeCommit:
    """A commit as far as the API tells it."""

    sha: str
    message: str
    author: str


@dataclass
class FakeRepository:
    """A repository; `git_dir` is set when a real one stands behind it."""

    owner: str
    name: str
    private: bool = True
    archived: bool = False
    description: str | None = None
    default_branch: str = "main"
    permissions: dict[str, str] = field(default_factory=dict)  # login in lower case -> level
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, FakeCommit] = field(default_factory=dict)
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    git_dir: Path | None = None
    id: int = field(default_factory=lambda: next(_IDS))

    @property
    def node_id(self) -> str:
        """GraphQL's id, which stays through renames and transfers."""
        return _node_id("R", self.id)

    @property
    def full_name(self) -> str:
        """`owner/name`, as it is now."""
        return f"{self.owner}/{self.name}"

    @property
    def head(self) -> str | None:
        """The default branch's SHA, None while empty."""
        return self.branches.get(self.default_branch)

    def add_commit(
        self, branch: str | None, sha: str = "", message: str = "A change", author: str = "octocat"
    ) -> str:
        """Note a commit, without git behind it, and put the branch there."""
        sha = sha or factories.sha()
        self.commits.setdefault(sha, FakeCommit(sha, message, author))
        if branch:
            self.branches[branch] = sha
        return sha

    def find(self, revision: str) -> FakeCommit | None:
        """The commit of a SHA (or the unmistakable beginning of one), branch, tag or full ref."""
        for names, prefix in ((self.branches, "refs/heads/"), (self.tags, "refs/tags/")):
            sha = names.get(revision.removeprefix(prefix))
            if sha:
                return self.commits.get(sha)
        if revision == "HEAD":
            return self.commits.get(self.head or "")
        found = [sha for sha in self.commits if len(revision) >= 4 and sha.startswith(revision)]
        return self.commits[found[0]] if len(found) == 1 else None


class Directory:
    """Everything by name, found as GitHub finds it: in any case, and under former names."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: list[FakeRepository] = []
        self.former: dict[str, FakeRepository] = {}

    def account(self, login: str) -> Account | None:
        """The account of this login."""
        return self.accounts.get(login.lower())

    def repository(self, full_name: str) -> FakeRepository | None:
        """The repository that has the name now, else the one that had it."""
        for repository in self.repositories:
            if repository.full_name.lower() == full_name.lower():
                return repository
        former = self.former.get(full_name.lower())
        return former if former in self.repositories else None

    def by_node_id(self, node_id: str) -> FakeRepository | None:
        """The repository of this GraphQL id."""
        return next((item for item in self.repositories if item.node_id == node_id), None)

    def permission(self, token: Token | None, repository: FakeRepository) -> str | None:
        """What the token's account may do there; None when it may not even know of it."""
        public = None if repository.private else "READ"
        if token is None or not token.has(
            "repo", *(() if repository.private else ("public_repo",))
        ):
            return public
        login = token.account.login.lower()
        owner = self.account(repository.owner)
        if login == repository.owner.lower() or (owner and login in owner.admins):
            return "ADMIN"
        return repository.permissions.get(login, public)

    def may(self, token: Token | None, repository: FakeRepository, level: str) -> bool:
        """Whether the token's account has at least this level."""
        has = self.permission(token, repository)
        return has is not None and LEVELS.index(has) >= LEVELS.index(level)
