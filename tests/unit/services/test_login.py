from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.services.identity import LoginNeeded
from myapp.services.pages.login import local_path

HERE = "https://ci.example.com"


@pytest.mark.parametrize(
    "path",
    ["/", "/builds/42", "/builds/42?start=120", "/repositories/o/n/settings", "/a%20b", "/:80/x"],
)
def test_our_own_paths_are_gone_on_to(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil.example",
        " /builds",
        "/builds\r\nSet-Cookie: a=b",
        "/builds\n",
        "/bu\tilds",
        "/\t/evil.example",
        "/Ünder",
        "/\u2028/evil.example",
    ],
)
def test_everything_else_leads_to_the_dashboard(path: str) -> None:
    assert local_path(path) == "/"


@given(st.text(max_size=60) | st.text("/\\.:@?#e\t\r\n", max_size=20))
def test_no_text_leads_to_another_host(path: str) -> None:
    went = urlsplit(urljoin(HERE + "/login", local_path(path).replace("\\", "/")))
    assert (went.scheme, went.netloc) == ("https", "ci.example.com")


@given(st.text(max_size=60))
def test_next_of_a_login_comes_back_as_it_was(path: str) -> None:
    location = LoginNeeded("/" + path).headers["Location"] if path.isascii() else ""
    assert location.startswith("/login?next=/") or not path.isascii()
    assert not set(location) & set(' \r\n<>"')
