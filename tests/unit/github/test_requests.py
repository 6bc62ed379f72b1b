"""Requests carry the token in one header and quote what they are given."""

from __future__ import annotations

import json

import pytest

from myapp.errors import ValidationFailed
from myapp.github import requests
from myapp.github.errors import BadCredentials

TOKEN = "canary-token"

ALL = {
    "viewer": requests.viewer(TOKEN),
    "repository_access": requests.repository_access(TOKEN, "octocat", "hello"),
    "repository_by_node_id": requests.repository_by_node_id(TOKEN, "R_1"),
    "commit": requests.commit(TOKEN, "octocat", "hello", "main"),
    "owner": requests.owner(TOKEN, "octocat"),
    "create_status": requests.create_status(
        TOKEN, "octocat", "hello", "a" * 40, "success", "Passed", "hobotnica/test", "http://x/"
    ),
    "list_hooks": requests.list_hooks(TOKEN, "octocat", "hello"),
    "create_hook": requests.create_hook(TOKEN, "octocat", "hello", "http://x/", "canary-secret"),
    "update_hook": requests.update_hook(TOKEN, "octocat", "hello", 7, "http://x/", "canary-secret"),
    "delete_hook": requests.delete_hook(TOKEN, "octocat", "hello", 7),
}


@pytest.mark.parametrize("name", ALL)
def test_token_and_secret_stay_out_of_repr_and_path(name: str) -> None:
    request = ALL[name]
    assert "canary" not in repr(request)
    assert "canary" not in request.path
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("name", ALL)
def test_github_gets_the_headers_it_insists_on(name: str) -> None:
    headers = ALL[name].headers
    assert headers["User-Agent"].startswith("Hobotnica/")
    assert headers["X-GitHub-Api-Version"]
    assert ("Content-Type" in headers) == (ALL[name].body is not None)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "a\0", "t\u00f6ken", "a\n"])
def test_a_token_that_is_no_header_value_is_bad_credentials(token: str) -> None:
    with pytest.raises(BadCredentials):
        requests.viewer(token)


def test_path_parts_are_quoted() -> None:
    request = requests.list_hooks(TOKEN, "a/b?c", "../d#e\r\n")
    assert request.path == "/repos/a%2Fb%3Fc/..%2Fd%23e%0D%0A/hooks?per_page=100"


def test_names_travel_as_variables_and_never_in_the_query() -> None:
    request = requests.repository_access(TOKEN, 'x") { evil', "y")
    assert request.body is not None
    assert "evil" not in request.body["query"]
    assert request.body["variables"]["owner"] == 'x") { evil'


def test_graphql_has_an_address_of_its_own() -> None:
    api, graphql = "https://ghe.example/api/v3", "https://ghe.example/api/graphql"
    assert ALL["viewer"].url(api, graphql) == graphql
    assert ALL["list_hooks"].url(api, graphql).startswith(api + "/repos/")


def test_data_is_the_body_as_ascii_json() -> None:
    request = requests.create_status(
        TOKEN, "o", "r", "a" * 40, "error", "Zu gro\N{LATIN SMALL LETTER SHARP S}", "c", None
    )
    data = request.data()
    assert data is not None and data.isascii()
    assert json.loads(data)["description"].endswith("\N{LATIN SMALL LETTER SHARP S}")
    assert "target_url" not in json.loads(data)
    assert requests.list_hooks(TOKEN, "o", "r").data() is None


def test_a_ref_that_git_refuses_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValidationFailed):
        requests.commit(TOKEN, "o", "r", "main:Makefile")


def test_a_full_ref_is_asked_for_as_it_is() -> None:
    request = requests.commit(TOKEN, "o", "r", "refs/tags/v1")
    assert request.body is not None
    assert request.body["variables"]["branch"] == "refs/tags/v1"
    assert requests.commit(TOKEN, "o", "r", "v1").body["variables"]["tag"] == "refs/tags/v1"
