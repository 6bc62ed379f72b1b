"""What GitHub's deliveries tell us, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RepositoryReference:
    """Which repository is meant; the node id stays through renames and transfers."""

    node_id: str
    owner: str
    name: str


@dataclass(frozen=True)
class PushEvent:
    """A branch got a head commit that is to be tested; `before` is empty if not known."""

    ref: str
    branch: str
    sha: str
    before: str
    message: str
    author: str
    pusher: str
    forced: bool
    repository: RepositoryReference | None


@dataclass(frozen=True)
class Ping:
    """GitHub's greeting of a new webhook; `hook_id` is 0 if not told."""

    zen: str
    hook_id: int
    events: tuple[str, ...]
    repository: RepositoryReference | None


@dataclass(frozen=True)
class PullRequestEvent:
    """Something happened to a pull request; ids are GitHub's numbers, 0 where not told."""

    action: str
    number: int
    title: str
    draft: bool
    sha: str
    branch: str
    base_sha: str
    base_branch: str
    head_repository_id: int
    base_repository_id: int
    author: str
    author_id: int
    author_association: str
    sender_id: int
    repository: RepositoryReference | None

    @property
    def from_fork(self) -> bool:
        """Whether the head is in another repository, by ids; unknown (deleted) counts as one."""
        return not self.head_repository_id or self.head_repository_id != self.base_repository_id

    @property
    def has_new_commit(self) -> bool:
        """Whether the action brought a commit that was not there before."""
        return self.action in ("opened", "synchronize", "reopened")


@dataclass(frozen=True)
class RepositoryMoved:
    """The repository was renamed or transferred; the reference is the new one."""

    repository: RepositoryReference
    action: str


@dataclass(frozen=True)
class RepositoryDeleted:
    """The repository is gone at GitHub."""

    repository: RepositoryReference


@dataclass(frozen=True)
class Ignored:
    """Nothing is to be done; `why` is the sentence for the answer."""

    why: str


Event = PushEvent | Ping | PullRequestEvent | RepositoryMoved | RepositoryDeleted | Ignored
