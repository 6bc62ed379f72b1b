from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from myapp.errors import PermissionDenied
from myapp.services.web import fingerprint, github_token, next_link, page_of
from tests.unit.services.calls import call_of

WAS: Any = SimpleNamespace(
    app=SimpleNamespace(
        context=SimpleNamespace(settings=SimpleNamespace(base_url="https://ci.example.com"))
    )
)


def link(target: str, limit: int, ids: list[int]) -> str:
    [(name, value)] = next_link(WAS, call_of(target), limit, ids)
    assert name == "Link"
    found = re.fullmatch(r'<(.+)>; rel="next"', value)
    assert found, value
    return found[1]


def test_full_page_links_to_what_is_older_than_its_last() -> None:
    assert link("/api/repositories", 3, [9, 8, 5]) == (
        "https://ci.example.com/api/repositories?before=5"
    )


def test_link_keeps_the_other_parameters_and_replaces_before() -> None:
    address = link("/api/repositories/o/n/builds?branch=a%26b%2Fc&limit=2&before=7", 2, [6, 4])
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "branch": "a&b/c",
        "limit": "2",
        "before": "4",
    }


@pytest.mark.parametrize("ids", [[], [3], [3, 2]])
def test_page_that_is_not_full_is_the_last(ids: list[int]) -> None:
    assert next_link(WAS, call_of("/api/repositories"), 3, ids) == []


def test_nothing_from_the_query_breaks_out_of_the_link() -> None:
    address = link('/api/x?branch=%0d%0aSet-Cookie:a=b%3E;rel="x"', 1, [1])
    assert not set(address) & set('\r\n<>" ')


def test_page_of_is_thirty_from_the_newest_unless_asked() -> None:
    assert page_of(call_of()) == (30, None)
    assert page_of(call_of(valid={"limit": 5, "before": 17})) == (5, 17)


def test_fingerprint_differs_by_address_and_body_only() -> None:
    one = call_of("/a", body=b"x")
    assert fingerprint(one) == fingerprint(call_of("/a", body=b"x", headers={"accept": "*/*"}))
    others = [call_of("/b", body=b"x"), call_of("/a", body=b"y"), call_of("/ax", body=b"")]
    assert len({fingerprint(call) for call in [one, *others]}) == 4


def test_github_token_is_asked_for_where_another_credential_came() -> None:
    assert github_token(call_of(state={"token": "t"})) == "t"
    with pytest.raises(PermissionDenied, match="GitHub credentials"):
        github_token(call_of())
