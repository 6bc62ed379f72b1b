from __future__ import annotations

from dataclasses import replace

from myapp.builds.facts import facts
from myapp.repositories.variable_names import refusal
from tests.unit.builds.test_model import build

BUILD = build(
    id=42,
    number=7,
    job="test",
    attempt=2,
    owner="octo",
    name="hello",
    sha="a" * 40,
    branch="main",
    ref="refs/heads/main",
    event="push",
)


def test_a_build_is_told_what_it_is() -> None:
    told = facts(BUILD, "https://ci.example")
    assert told["CI"] == told["HOBOTNICA"] == "1"
    assert told["HOBOTNICA_REPOSITORY"] == "octo/hello"
    assert told["HOBOTNICA_SHA"] == "a" * 40
    assert told["HOBOTNICA_BUILD_ATTEMPT"] == "2"
    assert told["HOBOTNICA_URL"] == "https://ci.example/builds/42"
    assert "HOBOTNICA_ENVIRONMENT" not in told


def test_a_deployment_is_told_its_environment() -> None:
    deployment = replace(BUILD, job="deploy", environment="production")
    assert facts(deployment, "")["HOBOTNICA_ENVIRONMENT"] == "production"


def test_every_value_is_text_and_no_variable_can_take_its_place() -> None:
    told = facts(replace(BUILD, environment="x"), "")
    assert all(isinstance(value, str) for value in told.values())
    assert all(refusal(name) for name in told)
