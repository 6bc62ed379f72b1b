"""GitHub's word about who may do what: kept for a time, asked again, lost when GitHub takes it."""

from __future__ import annotations

import pytest

from myapp import accounts
from myapp.services.access import FRESH_SECONDS, GRACE_SECONDS
from tests.integration.services.place import OWNER, Place, path_of
from tests.support import factories
from tests.support.contract_client import bearer, personal_token

NOT_FOUND = {"detail": "Repository not found"}
OLD = FRESH_SECONDS + 1


def test_github_is_asked_once_about_a_repository(place: Place) -> None:
    repository, client = place.repository(), place.client("reader")
    path = f"{path_of(repository)}/builds"
    before = len(place.github.requests_of("RepositoryById"))
    for _ in range(4):
        assert client.get(path).status_code == 200
    assert len(place.github.requests_of("RepositoryById")) == before + 1


def test_reader_who_lost_access_at_github_loses_it_here_when_the_word_is_old(place: Place) -> None:
    repository, client = place.repository(), place.client("reader")
    path = f"{path_of(repository)}/builds"
    assert client.get(path).status_code == 200
    place.github.set_permission(repository.full_name, "reader", None)
    assert client.get(path).status_code == 200  # kept for a time
    place.remember_access("reader", repository, "READ", OLD)
    assert client.get(path).json() == NOT_FOUND
    assert client.get(path_of(repository)).json() == NOT_FOUND
    listed = client.get("/api/repositories?limit=100").json()
    assert repository.uid not in [one["uid"] for one in listed]


def test_permission_that_changed_at_github_changes_here(place: Place) -> None:
    repository, client = place.repository(), place.client("writer")
    path = f"{path_of(repository)}/env"
    assert client.get(path).status_code == 200
    place.github.set_permission(repository.full_name, "writer", "READ")
    place.remember_access("writer", repository, "WRITE", OLD)
    refused = client.get(path)
    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        f"This needs the permission WRITE on {repository.full_name}; GitHub says that you have READ"
    )
    place.github.set_permission(repository.full_name, "writer", "ADMIN")
    place.remember_access("writer", repository, "READ", OLD)
    assert client.put(f"{path}/KEY", json={"value": "1"}).status_code == 200


def test_githubs_last_word_counts_while_it_is_out_of_reach(place: Place) -> None:
    repository, client = place.repository(), place.client("reader")
    assert client.get("/api/repositories").status_code == 200
    place.remember_access("reader", repository, "READ", OLD)
    place.github.fail("closed", on="RepositoryById", times=10)
    assert client.get(f"{path_of(repository)}/builds").status_code == 200


def test_githubs_last_word_does_not_count_for_ever(place: Place) -> None:
    repository, client = place.repository(), place.client("reader")
    assert client.get("/api/repositories").status_code == 200
    place.remember_access("reader", repository, "READ", GRACE_SECONDS + 1)
    place.github.fail("500", on="RepositoryById", times=10)
    answer = client.get(f"{path_of(repository)}/builds")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


def test_outage_does_not_tell_absent_from_invisible(place: Place) -> None:
    repository, client = place.repository(), place.client("stranger")
    assert client.get("/api/repositories").status_code == 200
    place.github.fail("rate-limited", times=100)
    invisible = client.get(f"{path_of(repository)}/builds")
    absent = client.get(f"/api/repositories/{OWNER}/{factories.name()}/builds")
    assert (invisible.status_code, absent.status_code) == (503, 503)
    assert invisible.content == absent.content


def test_token_that_was_revoked_at_github_is_invalid_when_it_is_asked_again(place: Place) -> None:
    token = place.github.add_token("reader")
    repository, client = place.repository(), place.client(None, personal_token("reader", token))
    assert client.get(f"{path_of(repository)}/builds").status_code == 200
    place.github.revoke(token)
    place.remember_access("reader", repository, "READ", OLD)
    answer = client.get(f"{path_of(repository)}/builds")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid credentials"})


def test_api_token_sees_what_github_said_of_its_account(place: Place) -> None:
    repository = place.repository()
    token = accounts.create_api_token(place.context, place.people["reader"], "a test")
    client = place.client(None, bearer(token))
    assert client.get(f"{path_of(repository)}/builds").json() == NOT_FOUND
    place.remember_access("reader", repository, "READ")
    assert client.get(f"{path_of(repository)}/builds").status_code == 200
    refused = client.post("/api/repositories", json={"owner": OWNER, "name": "other"})
    assert refused.status_code == 403
    assert "GitHub credentials" in refused.json()["detail"]


def test_who_administers_an_organisation_manages_its_variables(place: Place) -> None:
    login = factories.owner()
    place.github.add_organisation(login, admins=("boss",))
    path = f"/api/repositories/{login}/env"
    assert place.client("boss").get(path).json() == {}
    asked = len(place.github.requests_of("Owner"))
    assert place.client("boss").put(f"{path}/KEY", json={"value": "1"}).status_code == 200
    assert len(place.github.requests_of("Owner")) == asked  # it was said a moment ago
    refused = place.client("reader").get(path)
    assert refused.status_code == 403
    assert refused.json() == {"detail": f"Only who administers {login} at GitHub may do this"}


def test_unknown_owner_is_refused_like_somebody_elses(place: Place) -> None:
    path = "/api/repositories/{}/env"
    nobody = place.client("reader").get(path.format("nobody-at-all"))
    somebody = place.client("reader").get(path.format("boss"))
    assert (nobody.status_code, somebody.status_code) == (403, 403)
    assert nobody.json()["detail"].replace("nobody-at-all", "boss") == somebody.json()["detail"]


@pytest.mark.parametrize("login", ["reader", "root"])
def test_new_access_counts_at_once(place: Place, login: str) -> None:
    repository = place.repository(permissions={})
    client = place.client(login)
    statuses = [client.get(path_of(repository)).status_code]
    place.github.set_permission(repository.full_name, login, "READ")
    statuses.append(client.get(path_of(repository)).status_code)
    assert statuses == ([200, 200] if login == "root" else [404, 200])
