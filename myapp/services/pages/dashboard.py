"""The dashboard, and registering a repository."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp.errors import HobotnicaError, ValidationFailed
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.github import names
from myapp.services import composing
from myapp.services.pages.showing import before_of, form_of, home, see, show
from myapp.services.permissions import PUBLIC, SIGNED_IN
from myapp.services.repositories import register_as

Steps = Generator[Any, Any, Any]


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/", methods=["GET"], coroutine=True)
    @page(PUBLIC)
    def show_dashboard(was: Any, call: Call) -> Steps:
        return (yield from answer_dashboard(was, call))

    @app.route("/repositories", methods=["POST"], coroutine=True)
    @page(SIGNED_IN)
    def register_repository(was: Any, call: Call) -> Steps:
        typed = {key: call.form.get(key, "").strip() for key in ("owner", "name")}
        try:
            check(typed)
            repository = yield from register_as(was, call, **typed)
        except HobotnicaError as error:
            shown = form_of("register", typed, error)
            return (yield from answer_dashboard(was, call, shown, error.status))
        return see(was, home(repository), "registered")


def check(typed: dict[str, str]) -> None:
    """The rules of GitHub's names; ValidationFailed by field."""
    wrong = []
    if not names.is_owner(typed["owner"]):
        wrong.append({"loc": ["body", "owner"], "message": "This is not a GitHub login"})
    if not names.is_name(typed["name"]) or typed["name"].lower() == "env":
        wrong.append({"loc": ["body", "name"], "message": "This is not a repository's name"})
    if wrong:
        raise ValidationFailed(wrong)


def answer_dashboard(
    was: Any, call: Call, form: dict[str, Any] | None = None, status: int = 200
) -> Steps:
    """The dashboard, with a form that came back if there is one."""
    shape = older = None
    if call.account:
        shape, older = yield from composing.dashboard(was, call, before_of(call))
    older_url = f"/?before={older}" if older else None
    return show(was, call, "index.j2", status, dashboard=shape, form=form, older_url=older_url)
