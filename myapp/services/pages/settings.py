"""A repository's settings page, and deleting the repository."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.errors import HobotnicaError, ValidationFailed
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.repositories import Repository
from myapp.services.pages.showing import can, form_of, home, see, show
from myapp.services.permissions import OWNER
from myapp.services.repositories import delete
from myapp.services.shapes import Json, repository_json, variable_json
from myapp.services.web import base_url, context_of

Steps = Generator[Any, Any, Any]

TEXTS = ("test_target", "deploy_target", "deploy_branch")
SWITCHES = ("build_pull_requests", "one_build_per_branch")


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/<name>/settings", methods=["GET"], coroutine=True)
    @page(OWNER)
    def show_settings(was: Any, call: Call) -> Steps:
        return (yield from answer_settings(was, call))

    @app.route("/<owner>/<name>/settings", methods=["POST"], coroutine=True)
    @page(OWNER)
    def save_settings(was: Any, call: Call) -> Steps:
        form, repository = call.form, call.state["repository"]
        typed: Json = {key: form.get(key, "").strip() for key in (*TEXTS, "timeout")}
        typed |= {key: bool(form.get(key)) for key in SWITCHES}
        try:
            change = (context_of(was), repository.id, changes(typed), call.account.login)
            (yield was.Thread(repositories.update_settings, args=change)).fetch()
        except HobotnicaError as error:
            shown = form_of("settings", typed, error)
            return (yield from answer_settings(was, call, shown, error.status))
        return see(was, f"{home(repository)}/settings", "saved")

    @app.route("/<owner>/<name>/delete", methods=["POST"], coroutine=True)
    @page(OWNER)
    def delete_repository(was: Any, call: Call) -> Steps:
        repository = call.state["repository"]
        typed = {"confirm": call.form.get("confirm", "").strip()}
        if typed["confirm"].lower() != repository.full_name.lower():
            wrong = f"Type {repository.full_name} to confirm"
            shown = form_of("delete", typed, ValidationFailed.at(wrong, "body", "confirm"))
            return (yield from answer_settings(was, call, shown, 422))
        yield from delete(was, call)
        return see(was, "/", "deleted")


def changes(typed: Json) -> Json:
    """The form as changes of settings; an empty timeout is the service's default."""
    text = typed["timeout"]
    timeout: Any = None if not text else int(text) if text.isdecimal() else text
    return {**typed, "timeout": timeout}


def answer_settings(was: Any, call: Call, form: Json | None = None, status: int = 200) -> Steps:
    """The settings page, with a form that came back if there is one."""
    context = context_of(was)
    repository: Repository = call.state["repository"]
    scope = repositories.repository_scope(repository.id)
    found = (yield was.Thread(repositories.variables_shown, args=(context, scope))).fetch()
    return show(
        was,
        call,
        "settings.j2",
        status,
        repository=repository_json(repository, base_url=base_url(was)),
        variables=[variable_json(variable) for variable in found],
        default_timeout=context.settings.build_timeout,
        can=can(call, repository),
        form=form,
    )
