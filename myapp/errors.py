"""Every way in which Hobotnica can refuse or fail, as typed errors.

A verb raises one of these; `framework.errors` turns it into an HTTP answer, in one place.
"""

from __future__ import annotations

from typing import Any


class HobotnicaError(Exception):
    """Something a person can be told: `detail` is the sentence, `status` the HTTP status."""

    status = 500
    default_detail = "Internal error"

    def __init__(self, detail: str | None = None) -> None:
        self.detail: Any = detail or self.default_detail
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """Response headers that belong to this error."""
        return {}


class SettingsError(HobotnicaError):
    """A setting has a wrong value; the message names the variable."""


class MalformedRequest(HobotnicaError):
    """The request cannot be read at all, as with broken JSON."""

    status = 400
    default_detail = "Bad request"


class NotAuthenticated(HobotnicaError):
    """The request carries no credentials."""

    status = 403
    default_detail = "Not authenticated"


class BasicRequired(NotAuthenticated):
    """An operation that takes only Basic credentials got none."""

    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """The challenge of RFC 7617."""
        return {"WWW-Authenticate": "basic"}


class InvalidCredentials(HobotnicaError):
    """GitHub, or we, do not accept the credentials."""

    status = 403
    default_detail = "Invalid credentials"


class AccountDisabled(HobotnicaError):
    """The credentials are right but an administrator disabled the account."""

    status = 403
    default_detail = "This account is disabled"


class PermissionDenied(HobotnicaError):
    """The account may see the thing but not do this to it."""

    status = 403
    default_detail = "You do not have the permission for this"


class NotFound(HobotnicaError):
    """The thing does not exist, or the account may not know that it does: the same bytes."""

    status = 404
    default_detail = "Not found"


class RepositoryNotFound(NotFound):
    """No such repository, or not for you."""

    default_detail = "Repository not found"


class BuildNotFound(NotFound):
    """No such build, or not for you."""

    default_detail = "Build not found"


class MethodNotAllowed(HobotnicaError):
    """The path exists, with other methods."""

    status = 405
    default_detail = "Method not allowed"


class Conflict(HobotnicaError):
    """The thing exists already or is in a state that does not allow this."""

    status = 409
    default_detail = "Conflict"


class PayloadTooLarge(HobotnicaError):
    """The body is larger than this operation takes."""

    status = 413
    default_detail = "The request body is too large"


class RangeNotSatisfiable(HobotnicaError):
    """The asked range begins behind the end (RFC 9110, 15.5.17)."""

    status = 416
    default_detail = "Range not satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    @property
    def headers(self) -> dict[str, str]:
        """The real size, as RFC 9110 asks."""
        return {"Content-Range": f"bytes */{self.size}"}


class ValidationFailed(HobotnicaError):
    """The request is well-formed but breaks the contract.

    `detail` is a list of `{"loc": [...], "message": "..."}`.
    """

    status = 422

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("The request is not valid")
        self.detail = errors

    @classmethod
    def at(cls, message: str, *loc: str) -> ValidationFailed:
        """One error at one place, as in `at("Parameter required", "parameters", "ref")`."""
        return cls([{"loc": list(loc), "message": message}])


class TooManyRequests(HobotnicaError):
    """A rate limit of ours is spent; `retry_after` is in seconds."""

    status = 429
    default_detail = "Too many requests"

    def __init__(self, retry_after: float, detail: str | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": str(max(1, round(self.retry_after)))}


class Unavailable(HobotnicaError):
    """A part we need does not answer now; nothing was lost. `retry_after` is in seconds."""

    status = 503
    default_detail = "Temporarily unavailable"

    def __init__(self, detail: str | None = None, retry_after: float = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": str(max(1, round(self.retry_after)))}


class GitHubUnavailable(Unavailable):
    """GitHub cannot be reached, limits us, or answers nonsense."""

    default_detail = "GitHub cannot be reached at the moment"


class DatabaseUnavailable(Unavailable):
    """The database is locked, full or gone."""

    default_detail = "The database is not available at the moment"


class LeaseLost(HobotnicaError):
    """A worker wrote with an attempt that is no longer the current one: it must stop."""

    status = 409
    default_detail = "The build is no longer this worker's"
