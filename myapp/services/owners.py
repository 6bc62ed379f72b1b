"""The environment variables that all repositories of an owner get."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.framework.answers import no_content
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services import variables
from myapp.services.permissions import OWNER

Steps = Generator[Any, Any, Any]


def scope(call: Call) -> str:
    """The scope of the call's owner."""
    return repositories.owner_scope(call.path_parameters["owner"])


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/env", methods=["GET"], coroutine=True)
    @operation("listOwnerVariables", OWNER)
    def list_owner_variables(was: Any, call: Call) -> Steps:
        return (yield from variables.list_all(was, scope(call)))

    @app.route("/<owner>/env/<key>", methods=["GET"], coroutine=True)
    @operation("getOwnerVariable", OWNER)
    def get_owner_variable(was: Any, call: Call) -> Steps:
        return (yield from variables.get_one(was, call, scope(call)))

    @app.route("/<owner>/env/<key>", methods=["PUT"], coroutine=True)
    @operation("setOwnerVariable", OWNER)
    def set_owner_variable(was: Any, call: Call) -> Steps:
        return (yield from variables.set_one(was, call, scope(call)))

    @app.route("/<owner>/env/<key>", methods=["DELETE"], coroutine=True)
    @operation("deleteOwnerVariable", OWNER)
    def delete_owner_variable(was: Any, call: Call) -> Steps:
        yield from variables.delete_one(was, call, scope(call))
        return no_content(was)
