"""Answers composed of independent reads: the store by `was.Thread`, GitHub by `was.stub`.

All are under way at once. GitHub has a short deadline; when it does not answer in time, what it
said before is given, marked stale.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from myapp import builds, maintenance, repositories
from myapp.accounts import Account
from myapp.builds import FINAL, Build, workers
from myapp.context import Context
from myapp.framework.call import Call
from myapp.framework.github_call import GitHubCall
from myapp.framework.tasks import Settled, settle
from myapp.github import answers, requests
from myapp.github.errors import GitHubError
from myapp.github.model import RepositoryFacts, Viewer
from myapp.repositories import Repository
from myapp.services import mirrors
from myapp.services.shapes import (
    Json,
    build_json,
    github_json,
    repository_json,
    time_json,
    worker_json,
)
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

GITHUB_SECONDS = 2.0  # how long a page waits for GitHub
FRESH_SECONDS = 30.0  # for so long GitHub is not asked again
KEPT_SECONDS = 24 * 3600.0
LAST_BUILDS = 10
MOST_REPOSITORIES = 30
MOST_QUEUED = 20

Told = tuple[float, Any]


def dashboard(was: Any, call: Call, before: int | None = None) -> Steps:
    """The shape `Dashboard` of the call's account, and the `before` of older repositories."""
    context, account = context_of(was), call.account
    token, known = call.state.get("token"), _told(context, "viewers", str(account.id))
    ask = token is not None and not _fresh(known)
    members = {
        "rows": was.Thread(rows, args=(context, account, before)),
        "queue": was.Thread(queue, args=(context, account)),
        "workers": was.Thread(workers.list_workers, args=(context,)),
    }
    if ask:
        members["github"] = GitHubCall(was, requests.viewer(str(token)), GITHUB_SECONDS)
    found = yield from settle(was, **members)
    if ask:
        known = _tell(context, "viewers", str(account.id), found["github"], answers.read_viewer)
    shown, older = found["rows"].fetch()
    shape = {
        "repositories": shown,
        "queue": found["queue"].fetch(),
        "workers": [worker_json(worker, now=time.time()) for worker in found["workers"].fetch()],
        "github": _viewer_json(account, known),
    }
    return shape, older


def repository(was: Any, call: Call) -> Steps:
    """The shape `Repository` of the call's repository, with what GitHub says about it now."""
    context, found = context_of(was), call.state["repository"]
    token, key = call.state.get("token"), f"{call.account.id}:{found.id}"
    known = _told(context, "facts", key)
    ask = token is not None and not _fresh(known) and found.status != "revoked"
    members = {"last": was.Thread(builds.last_builds, args=(context, [found.id]))}
    if found.status == "cloning":
        members["progress"] = was.Thread(mirrors.progress, args=(context, found))
    if ask:
        question = requests.repository_by_node_id(str(token), found.node_id)
        members["github"] = GitHubCall(was, question, GITHUB_SECONDS)
    results = yield from settle(was, **members)
    if ask:
        known = _tell(context, "facts", key, results["github"], _read_facts)
    shape = repository_json(
        found,
        base_url=context.settings.base_url,
        last_build=results["last"].fetch().get(found.id),
        github=_facts_json(found, known),
    )
    if "progress" in results:
        shape["status_reason"] = results["progress"].value
    return shape


def rows(context: Context, account: Account, before: int | None) -> tuple[list[Json], int | None]:
    """The account's repositories with their last builds, and where older ones begin (blocking)."""
    url = context.settings.base_url
    found = repositories.list_visible(context, account, MOST_REPOSITORIES, before)
    shown = []
    for one in found:
        last = builds.list_builds(context, one.id, LAST_BUILDS)
        shape = repository_json(one, base_url=url, last_build=last[0] if last else None)
        shown.append(
            {"repository": shape, "builds": [build_json(build, base_url=url) for build in last]}
        )
    return shown, found[-1].id if len(found) == MOST_REPOSITORIES else None


def queue(context: Context, account: Account) -> Json:
    """The queue's counts, and those builds of it that the account can see (blocking)."""
    overview = maintenance.status(context)
    waiting: list[Build] = []
    if overview.queued or overview.running:
        for one in repositories.list_visible(context, account, MOST_REPOSITORIES):
            recent = builds.list_builds(context, one.id, LAST_BUILDS)
            waiting += [build for build in recent if build.state not in FINAL]
    waiting.sort(key=lambda build: (build.state != "running", build.queue_position or 0, build.id))
    url = context.settings.base_url
    return {
        "queued": overview.queued,
        "running": overview.running,
        "builds": [build_json(build, base_url=url) for build in waiting[:MOST_QUEUED]],
    }


def _told(context: Context, group: str, key: str) -> Told | None:
    return context.cache.get(group, key)


def _fresh(known: Told | None) -> bool:
    return known is not None and time.time() - known[0] < FRESH_SECONDS


def _tell(context: Context, group: str, key: str, told: Settled, read: Any) -> Told | None:
    """What GitHub said just now; if it said nothing, what it said before."""
    try:
        now = (time.time(), read(*told.fetch()))
    except GitHubError:
        return context.cache.get(group, key)
    context.cache.put(group, key, now, KEPT_SECONDS)
    return now


def _read_facts(status: int, headers: dict[str, str], body: bytes) -> RepositoryFacts:
    return answers.read_repository_by_node_id(status, headers, body).repository


def _viewer_json(account: Account, known: Told | None) -> Json:
    viewer: Viewer | Account = known[1] if known else account
    return {
        "stale": not _fresh(known),
        "fetched_at": time_json(known[0] if known else None),
        "login": viewer.login,
        "name": viewer.name or None,
        "html_url": viewer.html_url or None,
    }


def _facts_json(found: Repository, known: Told | None) -> Json:
    if known is not None:
        return github_json(known[1], fetched_at=known[0], stale=not _fresh(known))
    return {
        "stale": True,
        "fetched_at": time_json(found.checked_at),
        "permission": found.permission,
        "archived": None,
        "default_branch": found.default_branch or None,
        "head_sha": found.default_branch_sha or None,
    }
