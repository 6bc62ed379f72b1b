"""Builds: list, make, look at, cancel, retry."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import orjson

from myapp import builds
from myapp.accounts import Account
from myapp.builds import FINAL, Build
from myapp.context import Context
from myapp.errors import Conflict, ValidationFailed
from myapp.framework.answers import answer, text
from myapp.framework.call import Call
from myapp.framework.github_call import github
from myapp.framework.operation import operation
from myapp.github import answers, requests
from myapp.github.errors import CommitNotFound
from myapp.repositories import Repository
from myapp.services.hooks import token_for
from myapp.services.permissions import READER, WRITER
from myapp.services.shapes import Json, build_json
from myapp.services.threads import in_thread
from myapp.services.web import base_url, context_of, next_link, once, page_of

Steps = Generator[Any, Any, Any]

_NOT_READY = {
    "cloning": "The repository is being cloned; it can be built when that is done",
    "failed": "The repository could not be cloned: pull it again first",
    "revoked": "Access was revoked: register the repository again",
}
LIST_TTL = 2.0  # seconds; a change drops it before, unless the word of it was lost


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/repositories/<owner>/<name>/builds", methods=["GET"], coroutine=True)
    @operation("listBuilds", READER)
    def list_builds(was: Any, call: Call) -> Steps:
        limit, before = page_of(call)
        branch = call.valid.query.get("branch")
        asked = (call.state["repository"].id, limit, before, branch)
        body, ids = yield from in_thread(was, call, list_body, *asked)
        link = next_link(was, call, limit, ids)
        return text(was, body, headers=link, content_type="application/json")

    @app.route("/repositories/<owner>/<name>/builds", methods=["POST"], coroutine=True)
    @operation("createBuild", WRITER)
    def create_build(was: Any, call: Call) -> Steps:
        return (yield from once(was, call, lambda: _create(was, call)))

    @app.route("/builds/<id>", methods=["GET"], coroutine=True)
    @operation("getBuild", READER)
    def get_build(was: Any, call: Call) -> Steps:
        asked = (context_of(was), call.account, call.state["build"].id)
        return answer(was, (yield was.Thread(build_shape, args=asked)).fetch())

    @app.route("/builds/<id>/cancel", methods=["POST"], coroutine=True)
    @operation("cancelBuild", WRITER)
    def cancel_build(was: Any, call: Call) -> Steps:
        return (yield from once(was, call, lambda: _cancel(was, call)))

    @app.route("/builds/<id>/retry", methods=["POST"], coroutine=True)
    @operation("retryBuild", WRITER)
    def retry_build(was: Any, call: Call) -> Steps:
        return (yield from once(was, call, lambda: _retry(was, call)))


def list_body(
    context: Context, repository_id: int, limit: int, before: int | None, branch: str | None
) -> tuple[bytes, list[int]]:
    """A page of builds as JSON text, and their ids (blocking).

    A page on which every build has ended is kept until one of the repository's builds changes.
    """
    fresh: list[tuple[bytes, list[int]]] = []

    def load() -> tuple[bytes, list[int]] | None:
        found = builds.list_builds(context, repository_id, limit, before, branch)
        url = context.settings.base_url
        body = orjson.dumps([build_json(build, base_url=url) for build in found])
        fresh.append((body, [build.id for build in found]))
        return fresh[0] if all(build.state in FINAL for build in found) else None

    name = f"list:{limit}:{before}:{branch}"
    return context.cache.fetch(f"builds:{repository_id}", name, LIST_TTL, load) or fresh[0]


def build_shape(context: Context, account: Account, build_id: int) -> Json:
    """One build as JSON, with its place in the queue (blocking)."""
    build = builds.get(context, account, build_id)
    return build_json(build, base_url=context.settings.base_url)


def create(was: Any, call: Call, ref: str) -> Steps:
    """Ask GitHub which commit a branch, tag or SHA is, and queue a build of it.

    Raises Conflict while the repository is not ready, ValidationFailed for an unknown ref.
    """
    repository: Repository = call.state["repository"]
    if not repository.is_ready:
        raise Conflict(_NOT_READY.get(repository.status, _NOT_READY["failed"]))
    token = yield from token_for(was, call, repository)
    asked = yield from github(was, requests.commit(token, repository.owner, repository.name, ref))
    try:
        commit = answers.read_commit(*asked)
    except CommitNotFound as error:
        raise ValidationFailed.at(error.reason, "body", "ref") from None
    new = {
        "event": "manual",
        "branch": commit.branch,
        "ref": commit.ref,
        "sha": commit.sha,
        "message": commit.message,
        "author": commit.author,
        "creator": call.account.login,
    }
    enqueue = was.Thread(builds.enqueue, args=(context_of(was), repository), kwargs=new)
    build: Build = (yield enqueue).fetch()
    return build


def _create(was: Any, call: Call) -> Steps:
    build = yield from create(was, call, call.valid.body["ref"])
    return (yield from _made(was, call, build))


def _cancel(was: Any, call: Call) -> Steps:
    reason = (call.valid.body or {}).get("reason") or ""
    given = (context_of(was), call.state["build"].id, call.account.login, reason)
    (yield was.Thread(builds.cancel, args=given)).fetch()
    asked = (context_of(was), call.account, call.state["build"].id)
    return answer(was, (yield was.Thread(build_shape, args=asked)).fetch())


def _retry(was: Any, call: Call) -> Steps:
    given = (context_of(was), call.state["build"].id, call.account.login)
    build = (yield was.Thread(builds.retry, args=given)).fetch()
    return (yield from _made(was, call, build))


def _made(was: Any, call: Call, build: Build) -> Steps:
    asked = (context_of(was), call.account, build.id)
    shape = (yield was.Thread(build_shape, args=asked)).fetch()
    location = f"{base_url(was)}/api/builds/{build.id}"
    return answer(was, shape, status=202, headers={"Location": location})
