"""The services' routes, read off the same `__mount__` hooks that the framework calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from myapp import contract
from myapp.services import TABLE, pages


@dataclass(frozen=True)
class Route:
    """One method of one path; `operation_id` is "" for pages."""

    method: str
    path: str
    function: Callable[..., Any]

    @property
    def operation_id(self) -> str:
        """The contract's operation."""
        return str(self.function.operation_id)  # type: ignore[attr-defined]

    @property
    def permission(self) -> str:
        """What is written beside the route."""
        return str(self.function.permission)  # type: ignore[attr-defined]

    @property
    def name(self) -> str:
        """As it is shown when a test fails."""
        return f"{self.method} {self.path}"


class _Recorder:
    """Stands in for the Atila app while the services are mounted."""

    def __init__(self) -> None:
        self.found: list[Route] = []
        self.prefix = ""
        self.binding = SimpleNamespace(contract=contract.load())

    def route(self, rule: str, *, methods: list[str], coroutine: bool) -> Callable[..., Any]:
        path = "/" + f"{self.prefix}/{rule}".strip("/").replace("//", "/")

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.found += [Route(method, path, function) for method in methods]
            return function

        return add


@cache
def routes() -> tuple[Route, ...]:
    """Every route of the services."""
    app = _Recorder()
    for prefix, service in (*TABLE, *pages.TABLE):
        app.prefix = prefix
        service.__mount__(app, {})
    return tuple(app.found)


def operations() -> list[Route]:
    """The API's."""
    return [route for route in routes() if route.operation_id]


def page_routes() -> list[Route]:
    """The pages and their forms, without the files of the API's documentation."""
    return [r for r in routes() if not r.operation_id and not r.path.startswith("/api/")]
