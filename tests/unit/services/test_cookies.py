from __future__ import annotations

import pytest

from myapp.services.cookies import Cookies, CsrfFailed

KEY = b"k" * 32


def test_session_survives_the_round_trip() -> None:
    cookies = Cookies(KEY)
    assert cookies.open_session(cookies.seal_session("abc")) == "abc"


@pytest.mark.parametrize("value", [None, "", "abc", "a.b.c"])
def test_forged_session_is_none(value: str | None) -> None:
    assert Cookies(KEY).open_session(value) is None


def test_another_key_opens_nothing() -> None:
    assert Cookies(b"x" * 32).open_session(Cookies(KEY).seal_session("abc")) is None


def test_visitor_cookie_is_no_session() -> None:
    cookies = Cookies(KEY)
    assert cookies.open_session(cookies.new_visitor()) is None


def test_form_token_of_the_same_cookie_is_accepted() -> None:
    cookies = Cookies(KEY)
    cookie = cookies.new_visitor()
    cookies.check_form(cookie, cookies.form_token(cookie))


def test_form_token_of_another_cookie_is_refused() -> None:
    cookies = Cookies(KEY)
    with pytest.raises(CsrfFailed):
        cookies.check_form(cookies.new_visitor(), cookies.form_token(cookies.new_visitor()))


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c"])
def test_missing_form_token_is_refused(token: str | None) -> None:
    cookies = Cookies(KEY)
    with pytest.raises(CsrfFailed):
        cookies.check_form(cookies.new_visitor(), token)
