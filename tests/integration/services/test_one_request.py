"""Registering asks GitHub about the account and the repository in one request."""

from __future__ import annotations

from tests.integration.services.place import OWNER, Place
from tests.support import factories


def fresh_token(place: Place) -> str:
    """A token the service has not seen, so that GitHub has to be asked about it."""
    return place.github.add_token(OWNER)


def asked(place: Place, token: str) -> list[str]:
    """The GraphQL operations that came with this token."""
    return [
        request.operation
        for request in place.github.requests
        if request.operation and request.headers.get("Authorization") == f"Bearer {token}"
    ]


def register(place: Place, token: str, username: str, name: str) -> int:
    client = place.client(None, {"X-GitHub-Username": username, "X-GitHub-Personal-Token": token})
    return client.post("/api/repositories", json={"owner": OWNER, "name": name}).status_code


def test_create_repository_201_asks_github_once_with_unknown_credentials(place: Place) -> None:
    fake, token = place.at_github(), fresh_token(place)
    assert register(place, token, OWNER, fake.name) == 201
    assert asked(place, token)[0] == "RepositoryAccess"
    assert "Viewer" not in asked(place, token)
    assert asked(place, token).count("RepositoryAccess") == 1


def test_create_repository_403_when_the_token_is_somebody_elses(place: Place) -> None:
    fake, token = place.at_github(), fresh_token(place)
    assert register(place, token, "reader", fake.name) == 403
    assert register(place, token, "reader", "absent") == 403


def test_create_repository_404_for_what_github_does_not_show(place: Place) -> None:
    token = fresh_token(place)
    assert register(place, token, OWNER, factories.name()) == 404
