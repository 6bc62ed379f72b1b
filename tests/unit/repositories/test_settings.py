from __future__ import annotations

from typing import Any

import pytest

from myapp.repositories.settings import CHANGEABLE, problems


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("test_target", "test"),
        ("test_target", "ci/all-tests_2.x"),
        ("deploy_target", "deploy"),
        ("deploy_branch", "release/1.x"),
        ("deploy_branch", ""),
        ("auto_deploy", True),
        ("build_pull_requests", False),
        ("one_build_per_branch", True),
        ("timeout", 1),
        ("timeout", None),
    ],
)
def test_right_values_have_no_problem(name: str, value: Any) -> None:
    assert problems({name: value}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("test_target", ""),
        ("test_target", "-f/etc/passwd"),
        ("test_target", "--eval=$(shell id)"),
        ("test_target", "A=1"),
        ("test_target", "a b"),
        ("test_target", "test\n"),
        ("test_target", "t" * 101),
        ("test_target", None),
        ("deploy_branch", "-x"),
        ("deploy_branch", "a..b"),
        ("auto_deploy", 1),
        ("auto_deploy", "yes"),
        ("timeout", 0),
        ("timeout", True),
        ("timeout", 1.5),
        ("timeout", 604801),
        ("owner", "other"),
        ("token", "stolen"),
        ("status", "ready"),
    ],
)
def test_wrong_values_are_told_at_their_place(name: str, value: Any) -> None:
    (problem,) = problems({name: value})
    assert problem["loc"] == ["body", name]
    assert problem["message"]


def test_every_wrong_value_is_told_at_once() -> None:
    assert len(problems(dict.fromkeys(CHANGEABLE, object()))) == len(CHANGEABLE)
