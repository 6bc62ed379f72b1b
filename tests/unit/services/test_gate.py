"""Who may not come in does not start a route's coroutine."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from myapp.errors import AccountDisabled, HobotnicaError, NotAuthenticated, PermissionDenied
from myapp.framework.compat import Task
from myapp.framework.operation import Binding, operation, page
from myapp.framework.waiter import Sleep
from myapp.services.permissions import READER


class Response:
    """What a route writes on."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: dict[str, str] = {}
        self.bodiless = False

    def set_status(self, status: str) -> None:
        self.status = status

    def set_header(self, name: str, value: str) -> None:
        self.headers[name] = value

    set = set_header

    def is_done(self) -> bool:
        return False


class Contract:
    """Finds nothing wrong."""

    def __init__(self) -> None:
        valid = SimpleNamespace(validate=lambda *_: SimpleNamespace(query={}))
        self.operations: dict[str, Any] = {"getBuild": valid}


def was_of(**steps: Any) -> Any:
    request = SimpleNamespace(
        header=["Host: x"],
        uri="/api/builds/1",
        command="get",
        is_head=False,
        channel=None,
        place=SimpleNamespace(parameters={"id": "1"}),
        get_body=lambda: b"",
    )
    app = SimpleNamespace(binding=Binding(contract=Contract(), **steps))
    return SimpleNamespace(app=app, request=request, response=Response(), ID="was-1")


def run(route: Any, was: Any) -> Any:
    """Run a route to its end; its tasks end at once."""
    steps = route(was)
    try:
        task = next(steps)
        while True:
            assert isinstance(task, Task)
            task = steps.send(task)
    except StopIteration as end:
        return end.value


def refuse(error: HobotnicaError) -> Any:
    def step(was: Any, call: Any) -> None:
        raise error

    return step


def refuse_later(error: HobotnicaError) -> Any:
    def step(was: Any, call: Any) -> Generator[Any, Any, None]:
        yield Sleep(was, 0)
        raise error

    return step


@pytest.mark.parametrize("refusing", [refuse, refuse_later])
@pytest.mark.parametrize("bind", [lambda: operation("getBuild", READER), lambda: page(READER)])
@pytest.mark.parametrize("step", ["authorise", "admit"])
@pytest.mark.parametrize(
    "error", [NotAuthenticated(), AccountDisabled("The account x is disabled"), PermissionDenied()]
)
def test_refused_request_does_not_start_the_handler(
    error: HobotnicaError, step: str, bind: Any, refusing: Any
) -> None:
    started = []

    @bind()
    def handler(was: Any, call: Any) -> Generator[Any, Any, Any]:
        started.append(call)
        yield Sleep(was, 0)

    was = was_of(**{step: refusing(error)})
    body = run(handler, was)
    assert started == []
    assert was.response.status == "403 Forbidden"
    assert str(error.detail) in (body if isinstance(body, str) else body.decode())


def test_who_may_come_in_is_known_to_the_handler() -> None:
    @operation("getBuild", READER)
    def handler(was: Any, call: Any) -> Generator[Any, Any, Any]:
        yield Sleep(was, 0)
        from myapp.framework.answers import answer

        return answer(was, {"account": call.account, "permission": call.permission})

    body = run(handler, was_of(authorise=lambda was, call: "octocat"))
    assert orjson.loads(body) == {"account": "octocat", "permission": READER}
