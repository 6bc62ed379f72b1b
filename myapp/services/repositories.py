"""Repositories: register, list, look at, change, fetch, delete."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import builds, repositories
from myapp.accounts import Account
from myapp.context import Context
from myapp.framework.answers import answer, no_content
from myapp.framework.background import spawn
from myapp.framework.call import Call
from myapp.framework.github_call import github
from myapp.framework.operation import operation
from myapp.github import answers, requests
from myapp.repositories import Repository
from myapp.services import composing, hooks, mirrors
from myapp.services.permissions import OWNER, READER, SIGNED_IN, WRITER
from myapp.services.shapes import Json, repository_json
from myapp.services.web import base_url, context_of, github_token, next_link, once, page_of

Steps = Generator[Any, Any, Any]


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("", methods=["GET"], coroutine=True)
    @operation("listRepositories", SIGNED_IN)
    def list_repositories(was: Any, call: Call) -> Steps:
        return (yield from answer_list(was, call, None))

    @app.route("/<owner>", methods=["GET"], coroutine=True)
    @operation("listOwnerRepositories", SIGNED_IN)
    def list_owner_repositories(was: Any, call: Call) -> Steps:
        return (yield from answer_list(was, call, call.valid.path["owner"]))

    @app.route("", methods=["POST"], coroutine=True)
    @operation("createRepository", SIGNED_IN)
    def create_repository(was: Any, call: Call) -> Steps:
        return (yield from once(was, call, lambda: register(was, call)))

    @app.route("/<owner>/<name>", methods=["GET"], coroutine=True)
    @operation("getRepository", READER)
    def get_repository(was: Any, call: Call) -> Steps:
        return answer(was, (yield from composing.repository(was, call)))

    @app.route("/<owner>/<name>", methods=["PATCH"], coroutine=True)
    @operation("updateRepository", OWNER)
    def update_repository(was: Any, call: Call) -> Steps:
        changes = dict(call.valid.body)
        if changes.get("deploy_branch", "") is None:
            changes["deploy_branch"] = ""
        change = (context_of(was), call.state["repository"].id, changes, call.account.login)
        repository = (yield was.Thread(repositories.update_settings, args=change)).fetch()
        shown = was.Thread(shapes_of, args=(context_of(was), [repository]))
        return answer(was, (yield shown).fetch()[0])

    @app.route("/<owner>/<name>", methods=["DELETE"], coroutine=True)
    @operation("deleteRepository", OWNER)
    def delete_repository(was: Any, call: Call) -> Steps:
        yield from delete(was, call)
        return no_content(was)

    @app.route("/<owner>/<name>/pull", methods=["POST"], coroutine=True)
    @operation("pullRepository", WRITER)
    def pull_repository(was: Any, call: Call) -> Steps:
        return (yield from once(was, call, lambda: answer_pull(was, call)))


def answer_list(was: Any, call: Call, owner: str | None) -> Steps:
    """The array of what the account sees, of one owner or of all."""
    limit, before = page_of(call)
    asked = (context_of(was), call.account, limit, before, owner)
    shapes, ids = (yield was.Thread(visible_shapes, args=asked)).fetch()
    return answer(was, shapes, headers=next_link(was, call, limit, ids))


def visible_shapes(
    context: Context, account: Account, limit: int, before: int | None, owner: str | None
) -> tuple[list[Json], list[int]]:
    """A page of repositories as JSON, and their ids (blocking)."""
    found = repositories.list_visible(context, account, limit, before, owner)
    return shapes_of(context, found), [repository.id for repository in found]


def shapes_of(context: Context, found: list[Repository]) -> list[Json]:
    """Repositories as JSON with their last builds (blocking)."""
    last = builds.last_builds(context, [repository.id for repository in found])
    url = context.settings.base_url
    return [repository_json(one, base_url=url, last_build=last.get(one.id)) for one in found]


def register(was: Any, call: Call) -> Steps:
    """Ask GitHub once about account and repository, write it down, begin to clone; 201."""
    context = context_of(was)
    repository = yield from register_as(was, call, **call.valid.body)
    shape = repository_json(repository, base_url=context.settings.base_url)
    location = f"{base_url(was)}/api/repositories/{repository.owner}/{repository.name}"
    return answer(was, shape, status=201, headers={"Location": location})


def register_as(was: Any, call: Call, owner: str, name: str) -> Steps:
    """Register `owner/name` with the caller's token; its clone and its webhook go on alone."""
    context = context_of(was)
    token = github_token(call)
    access = call.state.get("access")  # asked for together with the credentials
    if access is None:
        asked = yield from github(was, requests.repository_access(token, owner, name))
        access = answers.read_repository_access(*asked)
    facts = access.repository
    new = (context, call.account, facts, token)
    repository = (yield was.Thread(repositories.register, args=new)).fetch()
    mirrors.begin(was.app, repository)
    name = f"installing the webhook of {facts.full_name}"
    spawn(was.app, lambda own: hooks.ensure(own, repository, token), name)
    return repository


def pull(was: Any, call: Call) -> Steps:
    """Fetch now; the repository as it is meanwhile."""
    asked = (context_of(was), call.state["repository"].id)
    repository = (yield was.Thread(repositories.begin_pull, args=asked)).fetch()
    mirrors.begin(was.app, repository)
    return repository


def answer_pull(was: Any, call: Call) -> Steps:
    """Fetch now; 202 with the repository as it is meanwhile."""
    repository = yield from pull(was, call)
    shown = was.Thread(shapes_of, args=(context_of(was), [repository]))
    return answer(was, (yield shown).fetch()[0], status=202)


def delete(was: Any, call: Call) -> Steps:
    """Remove the webhook at GitHub, everything stored, and the mirror."""
    context, repository = context_of(was), call.state["repository"]
    known = (context, repository.id)
    token = (yield was.Thread(repositories.repository_token, args=known)).fetch()
    yield from hooks.remove(was, repository, token)
    gone = (context, repository.id, call.account.login)
    (yield was.Thread(repositories.delete, args=gone)).fetch()
    (yield was.Thread(mirrors.remove, args=known)).fetch()
