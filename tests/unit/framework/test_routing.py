from __future__ import annotations

from typing import Any

import pytest

from myapp.errors import NotFound
from myapp.framework.application import Application
from myapp.framework.operation import operation, page
from myapp.framework.routing import RouteTable, WrongMethod


def nothing(was: Any, call: Any) -> None:
    return None


def table(*rules: tuple[str, str]) -> RouteTable:
    app = Application("test")
    for number, (method, rule) in enumerate(rules):
        handler = page()(nothing)
        handler.__name__ = f"handler_{number}"
        app.route(rule, methods=[method], coroutine=True)(handler)
    return RouteTable(app)


def test_concrete_parts_win_whatever_came_first() -> None:
    routes = table(("GET", "/r/<owner>/<name>"), ("GET", "/r/<owner>/env"), ("GET", "/r/all"))
    assert routes.find("GET", "/r/me/env").rule == "/r/<owner>/env"
    assert routes.find("GET", "/r/me/x").parameters == {"owner": "me", "name": "x"}
    assert routes.find("GET", "/r/all").rule == "/r/all"


def test_methods_are_told_with_head_and_options() -> None:
    routes = table(("GET", "/r/<a>"), ("POST", "/r/<a>"))
    assert routes.find("HEAD", "/r/1").rule == "/r/<a>"
    with pytest.raises(WrongMethod) as raised:
        routes.find("PUT", "/r/1")
    assert raised.value.headers == {"Allow": "GET, HEAD, OPTIONS, POST"}
    assert routes.allowed("/nothing") == set()


@pytest.mark.parametrize("path", ["/r", "/r/", "/r//x", "/r/a/b/c", "/R/a/b", "//r/a/b", "/r/a/"])
def test_other_paths_are_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        table(("GET", "/r/<a>/<b>")).find("GET", path)


def test_a_binding_keeps_what_the_route_promises() -> None:
    bound = operation("doIt", "WRITE", limit=7)(nothing)
    assert (bound.operation_id, bound.permission, bound.body_limit) == ("doIt", "WRITE", 7)


def test_an_operation_the_contract_does_not_know_is_refused_at_the_start() -> None:
    from types import SimpleNamespace

    app = Application("test")
    app.bind(contract=SimpleNamespace(operations={}))
    app.route("/x", methods=["GET"], coroutine=True)(operation("noSuch")(nothing))
    with pytest.raises(LookupError, match="noSuch"):
        app._check_operations()


def test_text_behind_a_parameter_belongs_to_the_path() -> None:
    routes = table(("GET", "/b/<owner>/<name>.svg"), ("GET", "/b/<owner>/<name>"))
    found = routes.find("GET", "/b/me/c%2B%2B.x.svg")
    assert found.parameters == {"owner": "me", "name": "c++.x"}
    assert routes.find("GET", "/b/me/.svg").parameters == {"owner": "me", "name": ".svg"}


def test_a_concrete_path_without_the_method_is_not_another_path() -> None:
    routes = table(("GET", "/r/<owner>/env"), ("PATCH", "/r/<owner>/<name>"))
    with pytest.raises(WrongMethod) as raised:
        routes.find("PATCH", "/r/me/env")
    assert raised.value.headers == {"Allow": "GET, HEAD, OPTIONS"}
