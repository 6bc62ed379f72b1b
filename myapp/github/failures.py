"""Telling GitHub's failures apart by status, headers and body.

Sources: docs.github.com "Troubleshooting the REST API", "Rate limits for the GraphQL API",
"Authenticating to the REST API" (single sign-on); GitHub's GraphQL answers 200 with `errors`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from myapp.github.errors import (
    BadAnswer,
    BadCredentials,
    Forbidden,
    GitHubError,
    Moved,
    NoAccess,
    RateLimited,
    Rejected,
    ServerError,
)
from myapp.github.text import one_line

_LIMIT = re.compile(r"rate limit|abuse detection", re.IGNORECASE)
_SSO = re.compile(r"SAML|single sign-on", re.IGNORECASE)
_SCOPES = re.compile(r"scopes", re.IGNORECASE)
_POLICY = re.compile(r"forbids access via|personal access token", re.IGNORECASE)
_SUSPENDED = re.compile(r"suspended|blocked", re.IGNORECASE)

SSO_REASON = "The organisation wants the token to be authorised for its single sign-on"
SCOPES_REASON = "The token lacks a scope: a classic token needs repo, or public_repo"
LONGEST_WAIT = 3600.0


def parse(body: bytes) -> Any:
    """The body as JSON, or BadAnswer."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer() from None


def check_rest(
    status: int, headers: Mapping[str, str], body: bytes, *, expected: tuple[int, ...]
) -> None:
    """Return when the status is an expected one, else raise what the answer means."""
    if status not in expected:
        raise _by_status(status, _lower(headers), body)


def check_graphql(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The answer's `data`, or the error that its `errors` or its status mean."""
    lower = _lower(headers)
    if status != 200:
        error = _by_status(status, lower, body)
        # No repository is meant by a 404 here: the configured address is not GitHub's GraphQL.
        raise (
            BadAnswer("The GitHub API address leads nowhere")
            if type(error) is NoAccess
            else (error)
        )
    found = parse(body)
    if not isinstance(found, dict):
        raise BadAnswer()
    data = found.get("data")
    data = data if isinstance(data, dict) else {}
    for problem in _problems(found):
        if not _is_minor(problem, data):
            raise _by_problem(problem, lower)
    if not data:
        raise BadAnswer()
    return data


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After or x-ratelimit-reset (against GitHub's own clock, Date)."""
    headers = _lower(headers)
    value = headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        try:
            now = parsedate_to_datetime(headers["date"]).timestamp()
        except (KeyError, ValueError):
            return None
        return min(max(1.0, float(reset) - now), LONGEST_WAIT)
    return None


def _by_status(status: int, headers: dict[str, str], body: bytes) -> GitHubError:
    if status == 429:
        return RateLimited(retry_after=retry_after(headers))
    if status >= 500:
        return ServerError(f"GitHub has an internal error ({status})", retry_after(headers))
    if status in (301, 302, 307, 308):
        return Moved(location=headers.get("location", ""))
    message = _message(body) if 400 <= status < 500 else None
    if message is None:
        # Not GitHub's own words: a proxy or a wrong address must not look like a revoked token.
        return BadAnswer(f"The answer {status} did not come from GitHub's API")
    return _refusal(status, headers, message)


def _refusal(status: int, headers: dict[str, str], message: str) -> GitHubError:
    if status == 401:
        return BadCredentials()
    if status == 403:
        return _forbidden(message, headers)
    if status in (404, 410):
        return NoAccess()
    if status == 451:
        return Forbidden("GitHub has taken the repository down", access_lost=True)
    return Rejected(f"GitHub refused the request: {message}")


def _problems(found: dict[str, Any]) -> list[dict[str, Any]]:
    problems = found.get("errors")
    if not isinstance(problems, list):
        return []
    return [problem if isinstance(problem, dict) else {} for problem in problems]


def _is_minor(problem: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether only a part within an answered field is missing, such as the author's account."""
    path = problem.get("path")
    return isinstance(path, list) and len(path) > 1 and data.get(str(path[0])) is not None


def _by_problem(problem: dict[str, Any], headers: dict[str, str]) -> GitHubError:
    kind, message = problem.get("type"), one_line(problem.get("message"), 300)
    extensions = problem.get("extensions")
    sso = isinstance(extensions, dict) and extensions.get("saml_failure") is True
    if kind == "NOT_FOUND":
        return NoAccess()
    if kind in ("RATE_LIMITED", "RATE_LIMIT") or _LIMIT.search(message):
        return RateLimited(retry_after=retry_after(headers))
    if kind == "INSUFFICIENT_SCOPES":
        return Forbidden(SCOPES_REASON, access_lost=True)
    if kind == "FORBIDDEN" or sso:
        return Forbidden(SSO_REASON, access_lost=True) if sso else _forbidden(message, headers)
    if kind is None or kind in ("INTERNAL", "SERVICE_UNAVAILABLE", "LOADING", "STALE_DATA"):
        return ServerError(f"GitHub has an internal error: {message}" if message else None)
    return Rejected(f"GitHub refused the request: {message}")


def _forbidden(message: str, headers: dict[str, str]) -> GitHubError:
    if headers.get("x-ratelimit-remaining") == "0" or _LIMIT.search(message):
        return RateLimited(retry_after=retry_after(headers))
    if "retry-after" in headers:
        return RateLimited("GitHub asks to wait", retry_after(headers))
    if "x-github-sso" in headers or _SSO.search(message):
        return Forbidden(SSO_REASON, access_lost=True)
    if _SCOPES.search(message):
        return Forbidden(SCOPES_REASON, access_lost=True)
    lost = bool(_POLICY.search(message) or _SUSPENDED.search(message))
    return Forbidden(f"GitHub forbids this to the token: {message}", access_lost=lost)


def _message(body: bytes) -> str | None:
    """GitHub's own words in an error of the REST API, with the first details of a 422."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("message"), str):
        return None
    details = found.get("errors")
    words = [found["message"]]
    for detail in details[:3] if isinstance(details, list) else ():
        words.append(str(detail.get("message", "")) if isinstance(detail, dict) else str(detail))
    return one_line(": ".join(filter(None, words)), 300)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
