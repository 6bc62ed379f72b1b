"""Reading credentials from a request, in the forms Hobotnica's published API has them; no I/O."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from myapp.accounts.secrets import API_TOKEN_PREFIX
from myapp.errors import InvalidCredentials, ValidationFailed

_LONGEST = 512


@dataclass(frozen=True)
class GitHubCredentials:
    """A GitHub login and personal token; GitHub decides whether they belong together."""

    username: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class ApiToken:
    """A token of Hobotnica's own."""

    token: str = field(repr=False)


Credentials = GitHubCredentials | ApiToken


def read_credentials(headers: Mapping[str, str]) -> Credentials | None:
    """The credentials in the headers (lower-case names), None where there are none.

    Raises InvalidCredentials for what can be no credentials, ValidationFailed for a GitHub token
    without its username.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    value = value.strip()
    personal = headers.get("x-github-personal-token", "")
    if scheme.lower() == "basic":
        return _basic(value)
    if scheme.lower() == "bearer" and value.startswith(API_TOKEN_PREFIX):
        return ApiToken(sound(value))
    token = personal or (value if scheme.lower() == "bearer" else "")
    if not token:
        if scheme:
            raise InvalidCredentials()
        return None
    username = headers.get("x-github-username", "")
    if not username:
        raise ValidationFailed.at("Parameter required", "parameters", "X-GitHub-Username")
    return GitHubCredentials(sound(username), sound(token))


def _basic(value: str) -> Credentials:
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidCredentials() from None
    username, colon, token = text.partition(":")
    if not colon or not username or not token:
        raise InvalidCredentials()
    if token.startswith(API_TOKEN_PREFIX):
        return ApiToken(sound(token))
    return GitHubCredentials(sound(username), sound(token))


def sound(value: str) -> str:
    """The value, if it is a printable ASCII word: nothing else may reach a header."""
    if not value.isascii() or not value.isprintable() or " " in value or len(value) > _LONGEST:
        raise InvalidCredentials()
    return value
