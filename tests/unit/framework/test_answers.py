from __future__ import annotations

import datetime

import pytest

from myapp.framework.answers import (
    Answer,
    answer,
    check_header,
    cookie,
    html,
    no_content,
    redirect,
    text,
)


def test_json_is_written_with_its_type() -> None:
    moment = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
    given = answer(None, {"at": moment, "é": 1}, 201, {"Location": "/x"})
    assert given == Answer(
        201,
        (("Content-Type", "application/json"), ("Location", "/x")),
        '{"at":"2026-01-31T00:00:00+00:00","é":1}'.encode(),
    )


def test_text_pages_redirects_and_nothing() -> None:
    assert text(None, b"\xff").body == b"\xff"
    assert html(None, "<p>").headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert redirect(None, "/a").status == 303
    assert no_content(None) == Answer(204, ())
    assert answer(None, 1).with_headers({"A": "b"}).headers[-1] == ("A", "b")


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\x7f", "\x1b[0m"])
def test_a_header_value_with_controls_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a header"):
        check_header("X", value)


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\n", "ü"])
def test_a_header_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a header"):
        check_header(name, "x")


def test_a_cookie_is_careful_by_default() -> None:
    assert cookie("s", "abc", max_age=0, secure=True) == (
        "Set-Cookie",
        "s=abc; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
    )


@pytest.mark.parametrize(
    ("name", "value"), [("a b", "x"), ("a", "x;y"), ("a", "x\r\n"), ("a", '"')]
)
def test_a_cookie_that_would_break_out_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="not a cookie"):
        cookie(name, value)
