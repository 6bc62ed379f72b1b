from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.errors import MalformedRequest
from myapp.framework.call import (
    client_of,
    decode_part,
    read_cookies,
    read_form,
    read_headers,
    read_query,
    split_target,
)


@pytest.mark.parametrize(
    ("raw", "text"), [("a%2Fb", "a/b"), ("a%252Fb", "a%2Fb"), ("c++", "c++"), ("%E2%82%AC", "€")]
)
def test_a_part_is_decoded_once(raw: str, text: str) -> None:
    assert decode_part(raw) == text


@pytest.mark.parametrize("raw", ["%00", "a%00b", "%ff", "%c3"])
def test_nul_and_broken_utf8_are_malformed(raw: str) -> None:
    with pytest.raises(MalformedRequest):
        decode_part(raw)


@given(st.text())
def test_any_part_decodes_or_is_refused(raw: str) -> None:
    with contextlib.suppress(MalformedRequest):
        assert "\0" not in decode_part(raw)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a/b?x=1#y", "/a/b", "x=1"),
        ("/a?b?c", "/a", "b?c"),
        ("http://host:80/a?b", "/a", "b"),
        ("*", "/", ""),
        ("", "/", ""),
        ("//host/a", "//host/a", ""),
    ],
)
def test_a_target_is_split(target: str, path: str, query: str) -> None:
    assert split_target(target) == (path, query)


def test_a_query_keeps_order_blanks_and_repetitions() -> None:
    assert read_query("b=2&a=&a=x+y&flag") == [("b", "2"), ("a", ""), ("a", "x y"), ("flag", "")]


@pytest.mark.parametrize("raw", ["a=%00", "a=%ff", "&".join(f"k{n}=1" for n in range(300))])
def test_a_query_that_cannot_be_read_is_malformed(raw: str) -> None:
    with pytest.raises(MalformedRequest):
        read_query(raw)


def test_a_form_must_be_ascii() -> None:
    assert read_form(b"a=1&b=%E2%82%AC") == [("a", "1"), ("b", "€")]
    with pytest.raises(MalformedRequest):
        read_form(b"\xff")


def test_header_names_are_lower_case_and_repeated_values_joined() -> None:
    lines = ["Accept: a", "ACCEPT:b", "Cookie: a=1", "Cookie: b=2", "X-Empty:"]
    assert read_headers(lines) == {"accept": "a, b", "cookie": "a=1; b=2", "x-empty": ""}


def test_of_two_cookies_the_first_counts() -> None:
    assert read_cookies('a=1; b="x"; a=2; broken; =3') == {"a": "1", "b": "x"}


FORWARDED = {"x-forwarded-for": "6.6.6.6, 1.2.3.4", "x-forwarded-proto": "https"}


def test_forwarded_headers_count_only_from_the_trusted_proxy() -> None:
    assert client_of("10.0.0.1", FORWARDED, None) == ("10.0.0.1", "http")
    assert client_of("10.0.0.2", FORWARDED, "10.0.0.1") == ("10.0.0.2", "http")
    assert client_of("10.0.0.1", FORWARDED, "10.0.0.1") == ("1.2.3.4", "https")
    assert client_of("10.0.0.1", {"x-forwarded-proto": "gopher"}, "10.0.0.1") == (
        "10.0.0.1",
        "http",
    )
