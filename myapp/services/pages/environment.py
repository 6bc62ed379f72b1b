"""The forms for environment variables, of a repository and of an owner."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.errors import HobotnicaError
from myapp.framework.answers import Answer
from myapp.framework.call import Call, read_form
from myapp.framework.operation import page
from myapp.repositories import Variable
from myapp.services.pages.settings import answer_settings
from myapp.services.pages.showing import form_of, home, see, show
from myapp.services.permissions import OWNER
from myapp.services.shapes import Json, variable_json
from myapp.services.variables import delete_one, save
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/repositories/<owner>/<name>/env", methods=["POST"], coroutine=True)
    @page(OWNER)
    def set_repository_variable(was: Any, call: Call) -> Steps:
        repository = call.state["repository"]
        scope = repositories.repository_scope(repository.id)
        form, done = yield from take(was, call, scope)
        if form is not None:
            return (yield from answer_settings(was, call, form, 422))
        return see(was, f"{home(repository)}/settings", done)

    @app.route("/repositories/<owner>/<name>/env/<key>/delete", methods=["POST"], coroutine=True)
    @page(OWNER)
    def delete_repository_variable(was: Any, call: Call) -> Steps:
        repository = call.state["repository"]
        yield from delete_one(was, call, repositories.repository_scope(repository.id))
        return see(was, f"{home(repository)}/settings", "removed")

    @app.route("/owners/<owner>/env", methods=["GET"], coroutine=True)
    @page(OWNER)
    def show_owner_variables(was: Any, call: Call) -> Steps:
        return (yield from answer_owner(was, call))

    @app.route("/owners/<owner>/env", methods=["POST"], coroutine=True)
    @page(OWNER)
    def set_owner_variable(was: Any, call: Call) -> Steps:
        owner = call.path_parameters["owner"]
        form, done = yield from take(was, call, repositories.owner_scope(owner))
        if form is not None:
            return (yield from answer_owner(was, call, form, 422))
        return see(was, owner_page(owner), done)

    @app.route("/owners/<owner>/env/<key>/delete", methods=["POST"], coroutine=True)
    @page(OWNER)
    def delete_owner_variable(was: Any, call: Call) -> Steps:
        owner = call.path_parameters["owner"]
        yield from delete_one(was, call, repositories.owner_scope(owner))
        return see(was, owner_page(owner), "removed")


def take(was: Any, call: Call, scope: str) -> Steps:
    """Save the form's variable: (the form to show again or None, the word to say)."""
    typed = read(call)
    name = f"variable:{typed['key']}" if call.form.get("replace") else "variable"
    variable = Variable(typed["key"], typed["value"], typed["secret"], tuple(typed["jobs"]))
    try:
        given = (context_of(was), scope, variable, call.account.login)
        warnings = (yield was.Thread(save, args=given)).fetch()
    except HobotnicaError as error:
        return form_of(name, typed, error), ""
    return None, "unmasked" if warnings else "saved"


def read(call: Call) -> Json:
    """The form's fields; browsers send line breaks as CR LF (html.spec.whatwg.org)."""
    fields = read_form(call.body)
    form = dict(fields)
    return {
        "key": form.get("key", "").strip(),
        "value": form.get("value", "").replace("\r\n", "\n"),
        "secret": bool(form.get("secret")),
        "jobs": [value for key, value in fields if key == "jobs"],
    }


def owner_page(owner: str) -> str:
    """The address of an owner's variables."""
    return f"/owners/{owner}/env"


def answer_owner(was: Any, call: Call, form: Json | None = None, status: int = 200) -> Steps:
    """The page of an owner's variables."""
    owner = call.path_parameters["owner"]
    asked = (context_of(was), repositories.owner_scope(owner))
    found = (yield was.Thread(repositories.variables_shown, args=asked)).fetch()
    shown: Answer = show(
        was,
        call,
        "owner.j2",
        status,
        owner=owner,
        variables=[variable_json(variable) for variable in found],
        can={"write": True, "admin": True},
        form=form,
    )
    return shown
