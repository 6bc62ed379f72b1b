from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from myapp.accounts import Account
from myapp.cache import Cache
from myapp.framework.tasks import Settled
from myapp.github.errors import ServerError, Unreachable
from myapp.github.model import Viewer
from myapp.services import composing
from tests.unit.services.test_shapes import FACTS, REPOSITORY

OCTOCAT = Account(7, "U_7", "octocat", "", "https://github.com/octocat", False, None, 0, 0)
NEW = Viewer("U_7", "octocat-renamed", "The Octocat", "https://github.com/octocat-renamed")


@pytest.fixture
def context() -> Any:
    return SimpleNamespace(cache=Cache())


def read(*answer: Any) -> Any:
    """What stands for a reader of GitHub's answers."""
    if isinstance(answer[0], Exception):
        raise answer[0]
    return answer[0]


def test_what_github_says_is_kept_for_the_next_time(context: Any) -> None:
    told = composing._tell(context, "viewers", "7", Settled((NEW,)), read)
    assert told is not None
    assert told[1] == NEW
    assert composing._told(context, "viewers", "7") == told
    assert composing._fresh(told)


@pytest.mark.parametrize(
    "end", [Settled(error=Unreachable()), Settled((ServerError(),))], ids=["transport", "answer"]
)
def test_what_github_said_before_counts_when_it_says_nothing(context: Any, end: Settled) -> None:
    assert composing._tell(context, "viewers", "7", end, read) is None
    before = (time.time() - composing.FRESH_SECONDS - 1, NEW)
    context.cache.put("viewers", "7", before, 60)
    assert composing._tell(context, "viewers", "7", end, read) == before
    assert not composing._fresh(before)


def test_our_own_mistakes_are_not_taken_for_githubs(context: Any) -> None:
    with pytest.raises(KeyError):
        composing._tell(context, "viewers", "7", Settled(error=KeyError("x")), read)


def test_viewer_github_said_nothing_about_is_the_account_marked_stale() -> None:
    assert composing._viewer_json(OCTOCAT, None) == {
        "stale": True,
        "fetched_at": None,
        "login": "octocat",
        "name": None,
        "html_url": "https://github.com/octocat",
    }


def test_viewer_is_as_github_says_and_stale_when_that_is_old() -> None:
    now = composing._viewer_json(OCTOCAT, (time.time(), NEW))
    assert (now["login"], now["name"], now["stale"]) == ("octocat-renamed", "The Octocat", False)
    old = composing._viewer_json(OCTOCAT, (time.time() - 3600, NEW))
    assert (old["login"], old["stale"]) == ("octocat-renamed", True)


def test_facts_of_a_repository_are_what_was_stored_until_github_says_more() -> None:
    stored = composing._facts_json(REPOSITORY, None)
    assert (stored["stale"], stored["archived"]) == (True, None)
    assert stored["default_branch"] == REPOSITORY.default_branch
    told = composing._facts_json(REPOSITORY, (time.time(), FACTS))
    assert (told["stale"], told["head_sha"]) == (False, FACTS.default_branch_sha)
