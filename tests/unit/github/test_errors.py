"""Errors carry what the API, a repository's page and a retry need."""

from __future__ import annotations

import pickle

import pytest

from myapp import errors as base
from myapp.github import errors

KINDS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type)
    and issubclass(value, errors.GitHubError)
    and value not in (errors.GitHubError, errors.TransientError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sentence_and_a_status(kind: type[errors.GitHubError]) -> None:
    error = kind()
    assert error.reason and error.detail and error.kind
    assert error.reason[0].isupper() and not error.reason.endswith(".")
    assert error.status in (403, 404, 502, 503)


@pytest.mark.parametrize("kind", KINDS)
def test_transient_ones_and_only_they_are_our_503_with_retry_after(
    kind: type[errors.GitHubError],
) -> None:
    error = kind()
    assert error.transient == isinstance(error, base.GitHubUnavailable)
    assert error.transient == (error.status == 503) == ("Retry-After" in error.headers)
    assert not (error.transient and error.access_lost)


def test_bad_credentials_say_to_the_client_what_the_contract_says() -> None:
    error = errors.BadCredentials()
    assert isinstance(error, base.InvalidCredentials)
    assert (error.status, error.detail) == (403, "Invalid credentials")


def test_no_access_looks_like_any_repository_that_is_not_there() -> None:
    error = errors.NoAccess("The token may not")
    assert isinstance(error, base.RepositoryNotFound)
    assert error.detail == base.RepositoryNotFound().detail
    assert error.reason == "The token may not"


def test_retry_after_is_kept_in_seconds() -> None:
    assert errors.RateLimited(retry_after=90).headers == {"Retry-After": "90"}


def test_transport_kinds_are_found_by_name() -> None:
    assert set(errors.TRANSPORT) == {"unreachable", "timed_out", "tls", "too_large"}


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_a_process_boundary(kind: type[errors.GitHubError]) -> None:
    error = kind("For a reason")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.reason, copy.detail) == (error.reason, error.detail)


def test_a_log_line_of_an_error_has_its_kind() -> None:
    assert errors.as_fields(errors.TimedOut())["kind"] == "timed_out"
