from __future__ import annotations

import base64

import pytest

from myapp.errors import InvalidCredentials, ValidationFailed
from myapp.services.credentials import ApiToken, GitHubCredentials, read_credentials


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_no_headers_are_no_credentials() -> None:
    assert read_credentials({}) is None


def test_username_alone_is_no_credentials() -> None:
    assert read_credentials({"x-github-username": "octocat"}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-github-username": "octocat", "x-github-personal-token": "ghp_1"},
        {"x-github-username": "octocat", "authorization": "Bearer ghp_1"},
        {"x-github-username": "octocat", "authorization": "bearer ghp_1"},
        {"authorization": basic("octocat:ghp_1")},
    ],
)
def test_every_published_form_is_read(headers: dict[str, str]) -> None:
    assert read_credentials(headers) == GitHubCredentials("octocat", "ghp_1")


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer hob_x"}, {"authorization": basic("anyone:hob_x")}]
)
def test_own_token_needs_no_username(headers: dict[str, str]) -> None:
    assert read_credentials(headers) == ApiToken("hob_x")


@pytest.mark.parametrize(
    "headers", [{"x-github-personal-token": "ghp_1"}, {"authorization": "Bearer ghp_1"}]
)
def test_token_without_username_names_the_missing_parameter(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_credentials(headers)
    assert caught.value.detail == [
        {"loc": ["parameters", "X-GitHub-Username"], "message": "Parameter required"}
    ]


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        basic("octocat"),
        basic(":token"),
        basic("octocat:"),
        basic("octocat:gh p"),
        basic("octocat:gh\np"),
        basic("octocat:" + "x" * 600),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Digest username=octocat",
    ],
)
def test_what_cannot_be_credentials_is_refused(authorization: str) -> None:
    with pytest.raises(InvalidCredentials):
        read_credentials({"authorization": authorization})


def test_credentials_never_show_the_token() -> None:
    assert "ghp_1" not in repr(GitHubCredentials("octocat", "ghp_1"))
    assert "hob_x" not in repr(ApiToken("hob_x"))
