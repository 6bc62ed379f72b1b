"""The environment variables of a repository."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.framework.answers import no_content
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services import variables
from myapp.services.permissions import OWNER, WRITER

Steps = Generator[Any, Any, Any]


def scope(call: Call) -> str:
    """The scope of the call's repository."""
    return repositories.repository_scope(call.state["repository"].id)


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/<name>/env", methods=["GET"], coroutine=True)
    @operation("listVariables", WRITER)
    def list_variables(was: Any, call: Call) -> Steps:
        return (yield from variables.list_all(was, scope(call)))

    @app.route("/<owner>/<name>/env/<key>", methods=["GET"], coroutine=True)
    @operation("getVariable", WRITER)
    def get_variable(was: Any, call: Call) -> Steps:
        return (yield from variables.get_one(was, call, scope(call)))

    @app.route("/<owner>/<name>/env/<key>", methods=["PUT"], coroutine=True)
    @operation("setVariable", OWNER)
    def set_variable(was: Any, call: Call) -> Steps:
        return (yield from variables.set_one(was, call, scope(call)))

    @app.route("/<owner>/<name>/env/<key>", methods=["DELETE"], coroutine=True)
    @operation("deleteVariable", OWNER)
    def delete_variable(was: Any, call: Call) -> Steps:
        yield from variables.delete_one(was, call, scope(call))
        return no_content(was)
