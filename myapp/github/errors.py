"""Every way in which a question to GitHub fails, as typed errors.

`detail` is what our API answers, `reason` the sentence that is kept with a repository or a build,
`transient` whether the same question may succeed later. Everything transient is a 503 of ours, so
that GitHub's outage never looks like wrong credentials. `access_lost` says that GitHub itself
refuses this token this repository: only then may anything be revoked.
"""

from __future__ import annotations

from typing import Any

from myapp.errors import (
    GitHubUnavailable,
    HobotnicaError,
    InvalidCredentials,
    NotFound,
    PermissionDenied,
    RepositoryNotFound,
)


class GitHubError(HobotnicaError):
    """GitHub did not answer what was asked; each kind has its own class and `status`."""

    kind = "error"
    transient = False
    access_lost = False
    default_reason = "GitHub did not answer what was asked"
    public_detail: str | None = None

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason or self.default_reason
        super().__init__(self.public_detail or self.reason)


class BadCredentials(GitHubError, InvalidCredentials):
    """401: the token is wrong, expired or revoked."""

    status = InvalidCredentials.status
    kind = "bad_credentials"
    access_lost = True
    default_reason = "GitHub does not accept the token: it is wrong, expired or revoked"
    public_detail = InvalidCredentials.default_detail


class NoAccess(GitHubError, RepositoryNotFound):
    """404 or NOT_FOUND: the repository does not exist, or not for this token."""

    status = RepositoryNotFound.status
    kind = "no_access"
    access_lost = True
    default_reason = "The repository does not exist, or the token has no access to it"
    public_detail = RepositoryNotFound.default_detail


class OwnerNotFound(GitHubError, NotFound):
    """GitHub knows no user or organisation of this name."""

    status = NotFound.status
    kind = "owner_not_found"
    default_reason = "GitHub knows no user or organisation of this name"


class CommitNotFound(GitHubError, NotFound):
    """The repository is there but not the branch, tag or commit."""

    status = NotFound.status
    kind = "commit_not_found"
    default_reason = "The repository has no such branch, tag or commit"


class Forbidden(GitHubError, PermissionDenied):
    """403: the token is right but may not do this (scopes, single sign-on, a policy)."""

    status = PermissionDenied.status
    kind = "forbidden"
    default_reason = "GitHub forbids this to the token"

    def __init__(self, reason: str | None = None, *, access_lost: bool = False) -> None:
        super().__init__(reason)
        self.access_lost = access_lost


class Rejected(GitHubError):
    """422 and its like: GitHub understood and will never take this as it is."""

    status = 502
    kind = "rejected"
    default_reason = "GitHub refused the request"


class TransientError(GitHubError, GitHubUnavailable):
    """GitHub cannot answer now; `retry_after` is in seconds."""

    status = GitHubUnavailable.status
    transient = True
    default_reason = "GitHub cannot be reached at the moment"
    default_retry_after: float = 5

    def __init__(self, reason: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = self.default_retry_after if retry_after is None else retry_after


class RateLimited(TransientError):
    """429, or 403 with nothing left of the rate limit; wait `retry_after` seconds."""

    kind = "rate_limited"
    default_reason = "GitHub's rate limit for this token is used up"
    default_retry_after = 60


class ServerError(TransientError):
    """5xx, or GraphQL's own "something went wrong"."""

    kind = "server_error"
    default_reason = "GitHub has an internal error"


class BadAnswer(TransientError):
    """What came is not GitHub's JSON: a proxy's page, cut-off text, missing fields."""

    kind = "bad_answer"
    default_reason = "GitHub's answer could not be understood"


class Moved(TransientError):
    """3xx: the repository has another name now. Ask by node id; the token follows no redirect."""

    kind = "moved"
    default_reason = "The repository has been renamed or transferred at GitHub"

    def __init__(self, reason: str | None = None, location: str = "") -> None:
        super().__init__(reason)
        self.location = location


class Unreachable(TransientError):
    """No connection: the name is unknown, the port is closed, the peer went away."""

    kind = "unreachable"


class TimedOut(TransientError):
    """No complete answer within the time limit."""

    kind = "timed_out"
    default_reason = "GitHub did not answer in time"


class TlsError(TransientError):
    """The certificate is not to be trusted; nothing was sent."""

    kind = "tls"
    default_reason = "GitHub's certificate could not be verified"


class TooLarge(TransientError):
    """The answer is larger than an adapter takes."""

    kind = "too_large"
    default_reason = "GitHub's answer is larger than expected"


TRANSPORT: dict[str, type[TransientError]] = {
    error.kind: error for error in (Unreachable, TimedOut, TlsError, TooLarge)
}


def as_fields(error: GitHubError) -> dict[str, Any]:
    """The error as fields for a log line; nothing in it is secret."""
    return {"kind": error.kind, "reason": error.reason, "transient": error.transient}
