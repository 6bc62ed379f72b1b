"""Signing in and out: the session, its cookie, its limits."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from myapp import accounts
from myapp.services.cookies import SESSION_COOKIE, VISITOR_COOKIE
from tests.integration.services.browsing import Visitor
from tests.integration.services.place import OWNER, Place
from tests.support.wait import wait_until


def visitor(place: Place, headers: dict[str, str] | None = None) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(place.plain(None, headers))


def set_cookies(response: object) -> dict[str, str]:
    """Set-Cookie headers by the cookie's name."""
    found = response.headers.get_list("set-cookie")  # type: ignore[attr-defined]
    return {value.partition("=")[0]: value for value in found}


def test_login_leads_to_where_one_wanted_to_go(place: Place) -> None:
    repository = place.repository()
    someone = visitor(place)
    wanted = f"/repositories/{repository.full_name}/settings?done=saved&x=%2F%26"
    page = someone.open(wanted)
    assert page.response.url.path == "/login"
    page = someone.send("/login", username=OWNER, token=place.tokens[OWNER])
    assert (page.status, page.response.url.raw_path.decode()) == (200, wanted)
    assert "Signed in as octocat" in page.text


def test_session_cookie_is_for_the_service_alone(place: Place) -> None:
    someone = visitor(place)
    page = someone.open("/login")
    visiting = set_cookies(page.response)[VISITOR_COOKIE]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(visiting.split("; "))
    response = someone.post("/login", username=OWNER, token=place.tokens[OWNER])
    cookie = set_cookies(response)[SESSION_COOKIE]
    attributes = set(cookie.split("; ")[1:])
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
    assert "Secure" not in attributes  # plain HTTP on this machine
    assert place.tokens[OWNER] not in cookie
    assert response.headers["Location"] == "/"


def test_session_cookie_is_secure_behind_https(place: Place) -> None:
    someone = visitor(place, {"X-Forwarded-Proto": "https"})
    page = someone.open("/login")
    assert "Secure" in set_cookies(page.response)[VISITOR_COOKIE]
    cookie = page.response.headers["set-cookie"].partition(";")[0]
    data = {
        **page.form("/login").fields,
        "username": [OWNER],
        "token": [place.tokens[OWNER]],
    }
    response = someone.client.post("/login", data=data, headers={"Cookie": cookie})
    assert "Secure" in set_cookies(response)[SESSION_COOKIE]


@pytest.mark.parametrize("login", [OWNER, "reader"])
def test_wrong_token_comes_back_with_the_name_and_without_the_token(
    place: Place, login: str
) -> None:
    someone = visitor(place)
    someone.open("/login")
    page = someone.send("/login", username=login, token="not-the-right-one")
    assert page.status == 403
    assert page.form("/login").fields["username"] == [login]
    assert "not-the-right-one" not in page.response.text
    assert SESSION_COOKIE not in set_cookies(page.response)
    assert any(attrs.get("role") == "alert" for _, attrs in page.tags)


@pytest.mark.parametrize(
    ("username", "token"),
    [("", "x"), ("x", ""), ("", ""), ("a b", "x"), ("x", "\u00fc"), ("x", "\n")],
)
def test_what_can_be_no_credentials_is_refused(place: Place, username: str, token: str) -> None:
    someone = visitor(place)
    someone.open("/login")
    asked = len(place.github.requests)
    page = someone.send("/login", username=username, token=token)
    assert page.status == 403
    assert len(place.github.requests) == asked


def test_github_out_of_reach_is_503_with_its_reason(place: Place) -> None:
    someone = visitor(place)
    someone.open("/login")
    place.github.fail("closed", on="Viewer")
    page = someone.send("/login", username=OWNER, token=place.github.add_token(OWNER))
    assert page.status == 503
    assert "GitHub" in page.text
    assert page.form("/login").fields["username"] == [OWNER]


def test_disabled_account_is_told_why(place: Place) -> None:
    someone = visitor(place)
    someone.open("/login")
    page = someone.send("/login", username="banned", token=place.tokens["banned"])
    assert page.status == 403
    assert "left the company" in page.text
    assert SESSION_COOKIE not in set_cookies(page.response)


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\\x"],
)
def test_login_never_leads_to_another_host(place: Place, target: str) -> None:
    someone = visitor(place)
    page = someone.open(f"/login?next={quote(target)}")
    assert "evil.example" not in page.response.text
    response = someone.post("/login", username=OWNER, token=place.tokens[OWNER], next=target)
    assert response.headers["Location"] == "/"


def test_who_is_signed_in_is_led_past_the_login(place: Place) -> None:
    client = place.plain(None, place.session(OWNER))
    assert client.get("/login?next=/status").headers["Location"] == "/status"
    assert client.get("/login?next=//evil.example").headers["Location"] == "/"


def test_logout_ends_the_session_on_the_server(place: Place) -> None:
    someone = visitor(place)
    someone.open("/login")
    someone.send("/login", username=OWNER, token=place.tokens[OWNER])
    kept = {"Cookie": f"{SESSION_COOKIE}={someone.client.cookies[SESSION_COOKIE]}"}
    assert place.plain(None, kept).get("/status").status_code == 200
    response = someone.post("/logout")
    assert response.headers["Location"] == "/login?done=out"
    assert "Max-Age=0" in set_cookies(response)[SESSION_COOKIE]
    assert "You are signed out." in someone.open(response.headers["Location"]).text
    assert place.plain(None, kept).get("/status").status_code == 303


def test_logout_needs_the_forms_token(place: Place) -> None:
    headers = {"Cookie": place.session(OWNER)["Cookie"]}
    client = place.plain(None, headers)
    assert client.post("/logout", data={}).status_code == 403
    assert client.get("/status").status_code == 200


def test_every_login_is_a_session_of_its_own(place: Place) -> None:
    values = set()
    for _ in range(2):
        someone = visitor(place)
        someone.open("/login")
        someone.send("/login", username=OWNER, token=place.tokens[OWNER])
        values.add(someone.client.cookies[SESSION_COOKIE])
    assert len(values) == 2


def test_login_of_a_planted_cookie_is_not_taken_over(place: Place) -> None:
    planted = place.cookies.seal_session("planted-by-somebody-else")
    someone = visitor(place)
    someone.client.cookies.set(SESSION_COOKIE, planted)
    someone.open("/login")
    someone.client.cookies.clear()
    someone.client.cookies.set(SESSION_COOKIE, planted)
    response = someone.post("/login", username=OWNER, token=place.tokens[OWNER])
    assert planted not in set_cookies(response).get(SESSION_COOKIE, "")
    other = place.plain(None, {"Cookie": f"{SESSION_COOKIE}={planted}"})
    assert other.get("/status").status_code == 303


def test_disabling_ends_the_session(place: Place) -> None:
    token = place.github.add_token("temporary")
    someone = visitor(place)
    someone.open("/login")
    someone.send("/login", username="temporary", token=token)
    accounts.set_disabled(place.context, "temporary", "gone")
    wait_until(lambda: someone.open("/status").response.url.path == "/login", what="it has ended")


def test_many_wrong_logins_from_one_address_429(place: Place) -> None:
    someone = visitor(place)
    someone.open("/login")
    statuses = [
        someone.post("/login", username=OWNER, token=f"wrong-{number}").status_code
        for number in range(40)
    ]
    assert statuses[:30] == [403] * 30
    assert 429 in statuses
    other = visitor(place)
    other.open("/login")
    assert other.send("/login", username=OWNER, token=place.tokens[OWNER]).status == 200
