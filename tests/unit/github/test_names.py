"""Names are refused or taken as GitHub and the contract say."""

from __future__ import annotations

import re

import pytest

from myapp.errors import ValidationFailed
from myapp.github import names

BAD_ANYWHERE = [
    "",
    "-",
    "-x",
    "..",
    "a..b",
    "a/b",
    "a\0",
    "a\n",
    "a b",
    "x" * 300,
    "\u0434\u043e",
    None,
    7,
]


@pytest.mark.parametrize(
    "value", ["a", "octocat", "a-b", "A9", "a--b", "a-", "x" * 39, "mona_corp"]
)
def test_owner_is_taken(value: str) -> None:
    assert names.check_owner(value) == value


@pytest.mark.parametrize(
    "value", [*BAD_ANYWHERE, "_a", "a_", "a_b_c", "a.b", "x" * 40, "x" * 36 + "_corp"]
)
def test_owner_is_refused(value: object) -> None:
    with pytest.raises(ValidationFailed) as caught:
        names.check_owner(value)
    assert caught.value.detail[0]["loc"] == ["body", "owner"]


@pytest.mark.parametrize("value", ["a", ".github", "_", "a.b-c_d", "x" * 100, "a-", "x.gitx", "1"])
def test_name_is_taken(value: str) -> None:
    assert names.check_name(value) == value


@pytest.mark.parametrize("value", [*BAD_ANYWHERE, ".", "x.git", "x.GIT", ".git", "x" * 101, "a+b"])
def test_name_is_refused(value: object) -> None:
    with pytest.raises(ValidationFailed) as caught:
        names.check_name(value, "parameters", "name")
    assert caught.value.detail[0]["loc"] == ["parameters", "name"]


@pytest.mark.parametrize(
    "value",
    [
        "main",
        "feature/x.y",
        "v1.0",
        "a" * 40,
        "refs/heads/main",
        "f\u00fcr",
        "a@b",
        "\u0434\u043e\u043c",
    ],
)
def test_ref_is_taken(value: str) -> None:
    assert names.check_ref(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *("", "-x", "--upload-pack=x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b"),
        *(
            "a//b",
            "/a",
            "a/",
            ".a",
            "a/.b",
            "a.",
            "a.lock",
            "a.lock/b",
            "@",
            "a@{1}",
            "a\0",
            "a\x7f",
        ),
        *("a\n", "x" * 256, None, 1, "\ud800"),
    ],
)
def test_ref_is_refused(value: object) -> None:
    with pytest.raises(ValidationFailed):
        names.check_ref(value)


def test_sha_is_whole_and_lower_case() -> None:
    assert names.is_sha("a" * 40) and names.is_sha("0" * 64)
    for value in ("a" * 39, "A" * 40, "g" * 40, "a" * 40 + "\n", None):
        assert not names.is_sha(value)
    assert names.is_null_sha("0" * 40) and not names.is_null_sha("0" * 39 + "1")


def test_patterns_for_the_contract_mean_the_same_as_the_functions() -> None:
    for value in ("a", "-a", "a..b", "x.git", "a_b", "x" * 40):
        assert bool(re.match(names.OWNER_PATTERN, value)) == names.is_owner(value)
        assert bool(re.match(names.NAME_PATTERN, value)) == names.is_name(value)
