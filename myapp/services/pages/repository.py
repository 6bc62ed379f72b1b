"""A repository's page: its builds, fetching, building a ref, favourite, webhook, deliveries."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import builds, deliveries, repositories
from myapp.accounts import Account
from myapp.context import Context
from myapp.errors import HobotnicaError, ValidationFailed
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.repositories import Repository
from myapp.services import hooks, mirrors
from myapp.services.builds import create
from myapp.services.favorites import mark
from myapp.services.pages.showing import before_of, can, form_of, home, see, show
from myapp.services.permissions import OWNER, READER, WRITER
from myapp.services.repositories import pull
from myapp.services.shapes import Json, build_json, delivery_json, hook_json, repository_json
from myapp.services.web import base_url, context_of

Steps = Generator[Any, Any, Any]

PAGE = 30


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/<name>", methods=["GET"], coroutine=True)
    @page(READER)
    def show_repository(was: Any, call: Call) -> Steps:
        return (yield from answer_repository(was, call))

    @app.route("/<owner>/<name>/pull", methods=["POST"], coroutine=True)
    @page(WRITER)
    def pull_now(was: Any, call: Call) -> Steps:
        repository = yield from pull(was, call)
        return see(was, home(repository), "pulling")

    @app.route("/<owner>/<name>/builds", methods=["POST"], coroutine=True)
    @page(WRITER)
    def build_ref(was: Any, call: Call) -> Steps:
        typed = {"ref": call.form.get("ref", "").strip()}
        try:
            if not typed["ref"]:
                raise ValidationFailed.at("Name a branch, a tag or a commit", "body", "ref")
            build = yield from create(was, call, typed["ref"])
        except HobotnicaError as error:
            shown = form_of("build", typed, error)
            return (yield from answer_repository(was, call, shown, status=error.status))
        return see(was, f"/builds/{build.id}", "queued")

    @app.route("/<owner>/<name>/favorite", methods=["POST"], coroutine=True)
    @page(READER)
    def mark_favorite(was: Any, call: Call) -> Steps:
        yield from mark(was, call, bool(call.form.get("favorite")))
        return see(was, home(call.state["repository"]))

    @app.route("/<owner>/<name>/hook", methods=["POST"], coroutine=True)
    @page(OWNER)
    def change_hook(was: Any, call: Call) -> Steps:
        repository = call.state["repository"]
        if call.form.get("action") == "secret":
            secret, call.state["repository"] = yield from hooks.rotate(was, call)
            return (yield from answer_repository(was, call, secret=secret))
        token = yield from hooks.token_for(was, call, repository)
        yield from hooks.ensure(was, repository, token)
        return see(was, home(repository), "hook")

    @app.route("/<owner>/<name>/deliveries", methods=["GET"], coroutine=True)
    @page(WRITER)
    def show_deliveries(was: Any, call: Call) -> Steps:
        repository, before = call.state["repository"], before_of(call)
        asked = (context_of(was), repository.id, PAGE, before)
        found = (yield was.Thread(deliveries.list_deliveries, args=asked)).fetch()
        path = f"{home(repository)}/deliveries"
        return show(
            was,
            call,
            "deliveries.j2",
            repository=repository_json(repository, base_url=base_url(was)),
            deliveries=[delivery_json(delivery) for delivery in found],
            older_url=f"{path}?before={found[-1].id}" if len(found) == PAGE else None,
            newest_url=path if before else None,
        )


def answer_repository(
    was: Any,
    call: Call,
    form: Json | None = None,
    *,
    secret: str | None = None,
    status: int = 200,
) -> Steps:
    """The repository's page, with a form that came back or a secret to be seen once."""
    repository: Repository = call.state["repository"]
    asked = (context_of(was), call.account, repository, before_of(call))
    found = (yield was.Thread(view, args=asked)).fetch()
    allowed = can(call, repository)
    shown = {"form": form, "secret": secret, "can": allowed}
    return show(was, call, "repository.j2", status, **found, **shown)


def view(context: Context, account: Account, repository: Repository, before: int | None) -> Json:
    """What the template needs of one repository (blocking)."""
    url, path = context.settings.base_url, home(repository)
    revoked = repository.status == "revoked" and not account.admin
    found = [] if revoked else builds.list_builds(context, repository.id, PAGE, before)
    shape = repository_json(repository, base_url=url, last_build=found[0] if found else None)
    if repository.status == "cloning":
        shape["status_reason"] = mirrors.progress(context, repository)
    marked = repositories.list_favorites(context, account)
    return {
        "repository": shape,
        "builds": [build_json(build, base_url=url) for build in found],
        "older_url": f"{path}?before={found[-1].id}" if len(found) == PAGE else None,
        "newest_url": path if before else None,
        "hook": hook_json(repository, base_url=url),
        "favorite": any(one.id == repository.id for one in marked),
    }
