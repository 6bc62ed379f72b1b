from __future__ import annotations

import pytest

from myapp.accounts.model import PERMISSIONS, Access, Account, allows


def row(login: str) -> tuple[object, ...]:
    return (1, "U_1", login, "Name", "https://github.com/x", False, None, 1.0, 2.0)


@pytest.mark.parametrize("need", PERMISSIONS)
@pytest.mark.parametrize("have", PERMISSIONS)
def test_a_permission_allows_itself_and_what_is_less(have: str, need: str) -> None:
    assert allows(have, need) == (PERMISSIONS.index(have) >= PERMISSIONS.index(need))


@pytest.mark.parametrize("have", [None, "", "NONE", "admin"])
def test_no_permission_or_an_unknown_one_allows_nothing(have: str | None) -> None:
    assert not allows(have, "READ")


def test_an_administrator_is_one_by_the_settings_whatever_the_case() -> None:
    assert Account.from_row(row("OctoCat"), ("octocat",)).admin
    assert not Account.from_row(row("OctoCat2"), ("octocat",)).admin


def test_the_age_of_access_is_never_negative() -> None:
    access = Access("READ", checked_at=100.0)
    assert access.age(130.0) == 30.0
    assert access.age(90.0) == 0.0
