"""The contract of environment variables, of a repository and of an owner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.services.place import OWNER, Place, path_of
from tests.support import factories


@pytest.fixture(params=["repository", "owner"])
def path(request: pytest.FixtureRequest, place: Place) -> str:
    """Where the variables are; OWNER may change them."""
    if request.param == "repository":
        return f"{path_of(place.repository())}/env"
    organisation = factories.owner()
    place.github.add_organisation(organisation, admins=(OWNER,))
    return f"/api/repositories/{organisation}/env"


def test_variables_are_set_read_and_deleted(place: Place, path: str) -> None:
    client = place.client()
    assert client.get(path).json() == {}
    put = client.put(f"{path}/LEVEL", json={"value": "DEBUG"})
    expected = {"key": "LEVEL", "value": "DEBUG", "secret": False, "jobs": ["test", "deploy"]}
    assert (put.status_code, put.json()) == (200, {**expected, "warning": None})
    assert client.get(f"{path}/LEVEL").json() == expected
    assert client.get(path).json() == {"LEVEL": "DEBUG"}
    gone = client.delete(f"{path}/LEVEL")
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(path).json() == {}


def test_secret_is_never_shown_again(place: Place, path: str) -> None:
    client, value = place.client(), factories.token()
    body = {"value": value, "secret": True, "jobs": ["deploy"]}
    answers = [
        client.put(f"{path}/TOKEN", json=body),
        client.get(f"{path}/TOKEN"),
        client.get(path),
    ]
    assert all(value not in answer.text for answer in answers)
    assert answers[1].json() == {
        "key": "TOKEN",
        "value": "***",
        "secret": True,
        "jobs": ["deploy"],
    }
    assert answers[2].json() == {"TOKEN": "***"}
    assert value not in place.service.log


def test_short_secret_is_set_with_a_warning(place: Place, path: str) -> None:
    answer = place.client().put(f"{path}/PIN", json={"value": "12", "secret": True})
    assert answer.status_code == 200
    assert "not masked" in answer.json()["warning"]


@pytest.mark.parametrize("value", ["", "a=b", "two\nlines\n", "\u00e9\U0001f419", "$(rm -rf /)"])
def test_value_comes_back_as_it_was(place: Place, path: str, value: str) -> None:
    client = place.client()
    client.put(f"{path}/VALUE", json={"value": value})
    assert client.get(path).json() == {"VALUE": value}


def test_absent_variable_404(place: Place, path: str) -> None:
    for method in ("get", "delete"):
        answer = getattr(place.client(), method)(f"{path}/NONE")
        assert (answer.status_code, answer.json()) == (
            404,
            {"detail": "There is no variable NONE"},
        )


@pytest.mark.parametrize("key", ["LD_PRELOAD", "MAKEFLAGS", "GIT_SSH_COMMAND", "PATH", "BASH_ENV"])
def test_name_that_steers_the_build_is_422_with_why(place: Place, path: str, key: str) -> None:
    answer = place.client().put(f"{path}/{key}", json={"value": "x"})
    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["loc"] == ["parameters", "key"]
    assert error["message"]


@pytest.mark.parametrize("key", ["1A", "a-b", "a%20b", "%C3%A9", "x" * 256, "A%3DB"])
def test_name_that_is_none_is_422(place: Place, path: str, key: str) -> None:
    answer = place.client().put(f"{path}/{key}", json={"value": "x"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", "key"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "value"]),
        ({"value": 1}, ["body", "value"]),
        ({"value": "a\0b"}, ["body", "value"]),
        ({"value": "x" * 65537}, ["body", "value"]),
        ({"value": "\u00e9" * 40000}, ["body", "value"]),
        ({"value": "x", "secret": "yes"}, ["body", "secret"]),
        ({"value": "x", "jobs": []}, ["body", "jobs"]),
        ({"value": "x", "jobs": ["lint"]}, ["body", "jobs", 0]),
        ({"value": "x", "other": 1}, ["body", "other"]),
    ],
)
def test_body_422_says_where(place: Place, path: str, body: Any, loc: list[Any]) -> None:
    answer = place.client().put(f"{path}/KEY", json=body)
    assert answer.status_code == 422
    assert loc in [item["loc"] for item in answer.json()["detail"]]
    assert place.client().get(path).json() == {}


def test_two_repositories_variables_are_their_own(place: Place) -> None:
    one, two = place.repository(), place.repository()
    client = place.client()
    client.put(f"{path_of(one)}/env/KEY", json={"value": "one"})
    assert client.get(f"{path_of(two)}/env").json() == {}


def test_owner_is_the_same_in_any_case(place: Place) -> None:
    organisation = factories.owner()
    place.github.add_organisation(organisation, admins=(OWNER,))
    client = place.client()
    client.put(f"/api/repositories/{organisation.upper()}/env/KEY", json={"value": "x"})
    assert client.get(f"/api/repositories/{organisation}/env").json() == {"KEY": "x"}
