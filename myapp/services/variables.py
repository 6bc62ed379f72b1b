"""What the routes of either scope of environment variables share."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.context import Context
from myapp.errors import NotFound
from myapp.framework.answers import answer
from myapp.framework.call import Call
from myapp.repositories import Variable
from myapp.services.shapes import JOBS, saved_variable_json, variable_json, variables_json
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]


def list_all(was: Any, scope: str) -> Steps:
    """The answer with all of the scope's variables."""
    shown = was.Thread(repositories.variables_shown, args=(context_of(was), scope))
    return answer(was, variables_json((yield shown).fetch()))


def get_one(was: Any, call: Call, scope: str) -> Steps:
    """The answer with one variable."""
    asked = (context_of(was), scope, call.valid.path["key"])
    return answer(was, variable_json((yield was.Thread(find, args=asked)).fetch()))


def set_one(was: Any, call: Call, scope: str) -> Steps:
    """Set a variable from the valid body; the answer carries a warning if there is one."""
    body, key = call.valid.body, call.valid.path["key"]
    jobs = tuple(body.get("jobs", JOBS))
    variable = Variable(key, body["value"], body.get("secret", False), jobs)
    given = (context_of(was), scope, variable, call.account.login)
    warnings = (yield was.Thread(save, args=given)).fetch()
    return answer(was, saved_variable_json(variable, " ".join(warnings)))


def delete_one(was: Any, call: Call, scope: str) -> Steps:
    """Delete the variable that the path names."""
    key = call.path_parameters["key"]
    given = (context_of(was), scope, key, call.account.login)
    (yield was.Thread(remove, args=given)).fetch()


def find(context: Context, scope: str, key: str) -> Variable:
    """One variable as it may be shown; NotFound (blocking)."""
    for variable in repositories.variables_shown(context, scope):
        if variable.key == key:
            return variable
    raise NotFound(f"There is no variable {key}")


def save(context: Context, scope: str, variable: Variable, by: str) -> list[str]:
    """Set the variable; its warnings (blocking)."""
    return repositories.set_variable(
        context,
        scope,
        variable.key,
        variable.value,
        secret=variable.secret,
        jobs=variable.jobs,
        by=by,
    )


def remove(context: Context, scope: str, key: str, by: str) -> None:
    """Delete the variable; NotFound (blocking)."""
    repositories.delete_variable(context, scope, key, by=by)
