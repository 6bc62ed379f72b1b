"""A build's state in GitHub's words."""

from __future__ import annotations

import pytest

from myapp.github import statuses


@pytest.mark.parametrize("state", statuses.STATES)
def test_every_state_has_githubs_word_and_a_description(state: str) -> None:
    word, text = statuses.for_build(state)
    assert word in ("pending", "success", "failure", "error")
    assert 0 < len(text) <= 140


def test_a_red_test_is_a_failure_and_a_broken_build_an_error() -> None:
    assert statuses.github_state("failed") == "failure"
    assert statuses.github_state("errored") == "error"
    assert statuses.github_state("passed") == "success"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3725, "1 h 2 min"), (-1, "0 s")],
)
def test_how_long_it_took_is_told(seconds: float, text: str) -> None:
    assert statuses.description("passed", None, seconds) == f"Passed after {text}"


def test_the_reason_is_told_where_there_is_one() -> None:
    assert statuses.description("cancelled", "Cancelled by octocat.") == "Cancelled by octocat."
    assert statuses.description("failed", "make test: exit 2.", 3) == "make test: exit 2 after 3 s"


def test_long_descriptions_are_cut_to_githubs_limit() -> None:
    text = statuses.description("errored", "word\n\t" * 100)
    assert len(text) <= 140
    assert "\n" not in text
    assert text.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert statuses.shorten("x" * 140) == "x" * 140


def test_the_context_names_the_job() -> None:
    assert statuses.context("test") == "hobotnica/test"
