"""Who is asking: every form of credentials, and every way in which they are not right."""

from __future__ import annotations

import re

import pytest

from myapp import accounts, contract
from myapp.services import permissions
from tests.integration.services.place import DISABLED_REASON, OWNER, Place, path_of
from tests.support import factories
from tests.support.contract_client import basic, bearer, personal_token
from tests.unit.services.route_table import Route, operations

PRIVATE = [route for route in operations() if route.permission != permissions.PUBLIC]
NOT_AUTHENTICATED = b'{"detail":"Not authenticated"}'
INVALID = b'{"detail":"Invalid credentials"}'


def address(route: Route) -> str:
    """The route's path with names that fit."""
    path = route.path.replace("<owner>", OWNER).replace("<name>", "hello")
    return re.sub(r"<\w+>", "1", path.replace("<key>", "KEY"))


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: route.operation_id)
def test_without_credentials_it_is_not_authenticated(place: Place, route: Route) -> None:
    answer = place.client(None).request(route.method, address(route))
    assert answer.content == NOT_AUTHENTICATED
    if contract.load().operations[route.operation_id].challenge:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "basic"
    else:
        assert answer.status_code == 403
        assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: route.operation_id)
def test_with_a_wrong_token_the_credentials_are_invalid(place: Place, route: Route) -> None:
    client = place.client(None, personal_token(OWNER, "wrong-token"))
    answer = client.request(route.method, address(route))
    assert (answer.status_code, answer.content) == (403, INVALID)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: route.operation_id)
def test_disabled_account_is_told_so_and_why(place: Place, route: Route) -> None:
    answer = place.client("banned").request(route.method, address(route))
    assert answer.status_code == 403
    assert answer.json() == {"detail": f"The account banned is disabled: {DISABLED_REASON}"}


def api_token(place: Place, login: str) -> str:
    return accounts.create_api_token(place.context, place.people[login], "for a test")


@pytest.mark.parametrize("form", ["personal", "bearer", "basic", "session", "hob", "hob-basic"])
def test_every_form_of_credentials_reads_and_writes(place: Place, form: str) -> None:
    token = place.tokens[OWNER]
    forms = {
        "personal": lambda: personal_token(OWNER, token),
        "bearer": lambda: bearer(token, OWNER),
        "basic": lambda: basic(OWNER, token),
        "session": lambda: place.session(OWNER),
        "hob": lambda: bearer(api_token(place, OWNER)),
        "hob-basic": lambda: basic(OWNER, api_token(place, OWNER)),
    }
    repository = place.repository()
    client = place.client(None, forms[form]())
    assert client.get(path_of(repository)).json()["uid"] == repository.uid
    changed = client.patch(path_of(repository), json={"test_target": "check"})
    assert (changed.status_code, changed.json()["test_target"]) == (200, "check")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic bm9jb2xvbg=="},
        {"Authorization": "Digest x"},
        {"Authorization": "Bearer hob_unknown"},
        personal_token("stranger-or-nobody", "wrong"),
        bearer("wrong", OWNER),
        basic(OWNER, "wrong"),
        basic(OWNER, "hob_unknown"),
        personal_token(OWNER, "two words"),
        personal_token(OWNER, "x" * 600),
    ],
    ids=lambda headers: next(iter(headers.values()))[:12],
)
def test_what_can_be_no_credentials_is_invalid(place: Place, headers: dict[str, str]) -> None:
    answer = place.client(None, headers).get("/api/repositories")
    assert (answer.status_code, answer.content) == (403, INVALID)


def test_token_of_somebody_else_is_invalid(place: Place) -> None:
    client = place.client(None, personal_token("reader", place.tokens[OWNER]))
    answer = client.get("/api/repositories")
    assert (answer.status_code, answer.content) == (403, INVALID)


def test_username_may_be_written_in_any_case(place: Place) -> None:
    client = place.client(None, personal_token("OctoCat", place.tokens[OWNER]))
    assert client.get("/api/repositories").status_code == 200


@pytest.mark.parametrize("header", ["X-GitHub-Personal-Token", "Authorization"])
def test_token_without_its_username_is_422(place: Place, header: str) -> None:
    value = "sometoken" if header.startswith("X") else "Bearer sometoken"
    answer = place.client(None, {header: value}).get("/api/repositories")
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [{"loc": ["parameters", "X-GitHub-Username"], "message": "Parameter required"}]
    }


def test_forged_session_is_no_session(place: Place) -> None:
    cookie = place.session(OWNER)["Cookie"]
    client = place.client(None, {"Cookie": cookie[:-2] + "xx"})
    assert client.get("/api/repositories").content == NOT_AUTHENTICATED


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"X-CSRF-Token": "wrong", "Sec-Fetch-Site": "same-origin"}, 403),
        ({}, 403),
    ],
)
def test_session_changes_something_from_our_own_pages_only(
    place: Place, headers: dict[str, str], status: int
) -> None:
    repository = place.repository()
    cookie = {"Cookie": place.session(OWNER)["Cookie"]}
    client = place.client(None, cookie)
    path = f"{path_of(repository)}/favorite"
    assert client.put(path, headers=headers).status_code == status
    assert client.get(path_of(repository)).status_code == 200


def test_session_with_the_pages_csrf_token_or_origin_changes_something(place: Place) -> None:
    repository = place.repository()
    cookie = place.session(OWNER)["Cookie"]
    value = cookie.partition("=")[2]
    path = f"{path_of(repository)}/favorite"
    for proof in (
        {"X-CSRF-Token": place.cookies.form_token(value)},
        {"Origin": place.service.url},
    ):
        client = place.client(None, {"Cookie": cookie, **proof})
        assert client.put(path).status_code == 204


def test_github_is_asked_once_for_a_token(place: Place) -> None:
    token = place.github.add_token(OWNER)
    client = place.client(None, personal_token(OWNER, token))
    before = len(place.github.requests_of("Viewer"))
    for _ in range(5):
        assert client.get("/api/repositories").status_code == 200
    assert len(place.github.requests_of("Viewer")) == before + 1


@pytest.mark.parametrize(
    "fault",
    ["500", "502-html", "200-html", "bad-json", "too-many", "rate-limited", "closed", "half"],
)
def test_github_out_of_reach_is_503_and_never_403(place: Place, fault: str) -> None:
    token = place.github.add_token("reader")
    client = place.client(None, personal_token("reader", token))
    place.github.fail(fault, on="Viewer")
    answer = client.get("/api/repositories")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    place.github.faults.clear()
    assert client.get("/api/repositories").status_code == 200


def test_credentials_that_were_checked_go_on_working_without_github(place: Place) -> None:
    client = place.client("reader")
    assert client.get("/api/repositories").status_code == 200
    place.github.fail("closed", times=100)
    assert client.get("/api/repositories").status_code == 200


def test_wrong_credentials_are_not_remembered(place: Place) -> None:
    value = factories.token()
    client = place.client(None, personal_token("reader", value))
    assert client.get("/api/repositories").content == INVALID
    place.github.add_token("reader", value=value)
    assert client.get("/api/repositories").status_code == 200


def test_disabling_ends_what_was_cached_sessions_and_api_tokens(place: Place) -> None:
    login = "leaver"
    token = place.github.add_token(login)
    client = place.client(None, personal_token(login, token))
    assert client.get("/api/repositories").status_code == 200
    found = accounts.find_by_login(place.context, login)
    assert found is not None
    place.people[login] = found
    place.tokens[login] = token
    others = [place.client(None, place.session(login))]
    others.append(place.client(None, bearer(api_token(place, login))))
    assert [other.get("/api/repositories").status_code for other in others] == [200, 200]
    accounts.set_disabled(place.context, login, "gone")
    assert client.get("/api/repositories").json()["detail"] == (
        "The account leaver is disabled: gone"
    )
    assert [other.get("/api/repositories").status_code for other in others] == [403, 403]
    accounts.set_disabled(place.context, login, None)
    assert client.get("/api/repositories").status_code == 200


def test_many_wrong_tokens_from_one_address_are_429(place: Place) -> None:
    client = place.client(None, bearer("hob_wrong"))
    statuses = [client.get("/api/repositories").status_code for _ in range(40)]
    assert statuses[:30] == [403] * 30
    assert 429 in statuses
    refused = client.get("/api/repositories")
    assert int(refused.headers["Retry-After"]) >= 1
    # Others go on.
    assert place.client(OWNER).get("/api/repositories").status_code == 200
