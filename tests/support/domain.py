"""Accounts, repositories, pushes and builds for tests, with what the test does not care about."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from myapp import accounts, builds, deliveries, repositories
from myapp.accounts import Account
from myapp.builds import Build, ClaimedBuild, workers
from myapp.context import Context
from myapp.github.events import PushEvent
from myapp.github.model import RepositoryFacts, Viewer
from myapp.repositories import Repository
from myapp.runner.model import Result
from tests.support import factories

PASSED = Result("passed", None, 0, 1.5, 64 << 20)
FAILED = Result("failed", "make: *** [Makefile:2: test] Error 1", 2, 0.5, 32 << 20)


def account(context: Context, login: str = "octocat") -> Account:
    """An account as GitHub showed it to us."""
    page = f"https://github.com/{login}"
    return accounts.remember(context, Viewer(f"U_{login}", login, login.title(), page))


def facts(owner: str = "octo", name: str = "hello", **changes: Any) -> RepositoryFacts:
    """What GitHub says of a repository."""
    usual = RepositoryFacts(
        node_id=f"R_{owner}_{name}",
        owner=owner,
        name=name,
        private=True,
        archived=False,
        empty=False,
        permission="ADMIN",
        default_branch="main",
        default_branch_sha=factories.sha(f"{owner}/{name}"),
        head_message="Begin",
        head_author="octocat",
        html_url=f"https://github.com/{owner}/{name}",
        description="",
    )
    return replace(usual, **changes)


def registered(
    context: Context, owner: str = "octo", name: str = "hello", login: str = "octocat"
) -> Repository:
    """A repository that is being cloned for the first time."""
    return repositories.register(context, account(context, login), facts(owner, name), "token-1")


def ready(
    context: Context, owner: str = "octo", name: str = "hello", login: str = "octocat"
) -> Repository:
    """A repository with a mirror."""
    found = repositories.mark_ready(context, registered(context, owner, name, login).id)
    if found is None:
        raise AssertionError("it was to be ready")
    return found


def push(branch: str = "main", sha: str | None = None, **changes: Any) -> PushEvent:
    """A push of a new commit."""
    usual = PushEvent(
        ref=f"refs/heads/{branch}",
        branch=branch,
        sha=sha or factories.sha(),
        before="",
        message="Change something",
        author="octocat",
        pusher="octocat",
        forced=False,
        repository=None,
    )
    return replace(usual, **changes)


def pushed(context: Context, repository: Repository, branch: str = "main") -> Build:
    """The build of a new push."""
    delivery = f"delivery-{factories.number()}"
    outcome = deliveries.receive(context, repository, delivery, "push", push(branch))
    if outcome.build is None:
        raise AssertionError(outcome.detail)
    return outcome.build


def worker(context: Context, name: str = "w1", slots: int = 2) -> str:
    """A living worker."""
    workers.announce(context, name, "host", 1, slots, "none", "0.1.0")
    return name


def claimed(context: Context, name: str = "w1", slots: int = 100) -> ClaimedBuild:
    """The next build, held by a worker."""
    found = builds.claim(context, name, slots)
    if found is None:
        raise AssertionError("there was to be a build to claim")
    return found


def finished(
    context: Context, repository: Repository, result: Result = PASSED, branch: str = "main"
) -> Build:
    """A build that has run."""
    pushed(context, repository, branch)
    build = claimed(context).build
    return builds.finish(context, build.id, build.attempt, result)


def stored(context: Context, build_id: int) -> Build:
    """The build as it is now."""
    found = builds.peek(context, build_id)
    if found is None:
        raise AssertionError(f"build {build_id} is gone")
    return found


def later(seconds: float) -> float:
    """A moment in the future."""
    return time.time() + seconds
