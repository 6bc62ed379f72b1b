from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from myapp.accounts import Account
from myapp.errors import Conflict, ValidationFailed
from myapp.github.errors import BadCredentials, NoAccess
from myapp.services.pages.showing import DONE, can, form_of, home, see
from tests.unit.services.calls import call_of
from tests.unit.services.test_shapes import REPOSITORY

OCTOCAT = Account(7, "U_7", "octocat", "Octocat", "https://github.com/octocat", False, None, 0, 0)


def test_form_comes_back_with_what_was_typed_and_the_error_at_its_field() -> None:
    typed = {"owner": "-x", "name": "hello"}
    error = ValidationFailed.at("This is not a GitHub login", "body", "owner")
    assert form_of("register", typed, error) == {
        "name": "register",
        "values": typed,
        "errors": {"owner": "This is not a GitHub login"},
    }


def test_error_of_a_field_the_form_does_not_have_is_the_whole_forms() -> None:
    error = ValidationFailed.at("There are 500 variables already", "body")
    assert form_of("variable", {"key": "A"}, error)["errors"] == {
        "": "There are 500 variables already"
    }
    elsewhere = ValidationFailed.at("is refused", "parameters", "other")
    assert form_of("variable", {"key": "A"}, elsewhere)["errors"] == {"": "is refused"}


def test_first_of_several_errors_of_a_field_is_shown() -> None:
    error = ValidationFailed(
        [
            {"loc": ["body", "key"], "message": "first"},
            {"loc": ["body", "key"], "message": "second"},
            {"loc": ["body", "value"], "message": "third"},
        ]
    )
    errors = form_of("variable", {"key": "", "value": ""}, error)["errors"]
    assert errors == {"key": "first", "value": "third"}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Conflict("octo/hello is already registered"), "octo/hello is already registered"),
        (NoAccess(), NoAccess.default_reason),
        (BadCredentials("The token has expired"), "The token has expired"),
    ],
)
def test_people_are_told_githubs_reason_where_there_is_one(error: Any, sentence: str) -> None:
    assert form_of("register", {}, error)["errors"] == {"": sentence}


@pytest.mark.parametrize(
    ("permission", "write", "admin"),
    [
        (None, False, False),
        ("READ", False, False),
        ("TRIAGE", False, False),
        ("WRITE", True, False),
        ("MAINTAIN", True, False),
        ("ADMIN", True, True),
    ],
)
def test_forms_are_shown_to_who_may_send_them(permission: Any, write: bool, admin: bool) -> None:
    other = replace(REPOSITORY, account_id=OCTOCAT.id + 1)
    call = call_of(account=OCTOCAT, state={"permission": permission})
    assert can(call, other) == {"write": write, "admin": admin}


def test_registrar_and_administrator_may_everything() -> None:
    own = replace(REPOSITORY, account_id=OCTOCAT.id)
    assert can(call_of(account=OCTOCAT), own) == {"write": True, "admin": True}
    other = replace(REPOSITORY, account_id=OCTOCAT.id + 1)
    root = replace(OCTOCAT, admin=True)
    assert can(call_of(account=root), other) == {"write": True, "admin": True}


def test_word_after_a_form_is_a_code_in_the_address() -> None:
    for code in DONE:
        [(name, location)] = see(None, "/builds/1", code).headers
        assert (name, location) == ("Location", f"/builds/1?done={code}")
    assert see(None, "/builds/1").headers == (("Location", "/builds/1"),)


def test_home_is_the_repositorys_page() -> None:
    assert home(replace(REPOSITORY, owner="a", name="b.c")) == "/repositories/a/b.c"
