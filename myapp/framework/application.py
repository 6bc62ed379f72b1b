"""The Atila app: its routes found by the raw path, its requests run without the set's executor."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from myapp.framework import client, guard, server, settled, templates, wakeup
from myapp.framework.compat import Coroutine, atila
from myapp.framework.files import StaticFiles
from myapp.framework.maintain import Driver
from myapp.framework.operation import Binding
from myapp.framework.routing import RouteTable
from myapp.framework.watchdog import Watchdog


class RouteCoroutine(Coroutine):
    """The set's coroutine, which takes the request's content type for a protocol to speak."""

    def _determine_response_type(self) -> None:
        """Always plain HTTP."""


class Application(atila.Atila):
    """`atila.Atila` with the adapter's fixes; `bind` gives the handlers what they need.

    Requests do not pass Atila's executor: it retypes parameters (docs/framework.md, 15), evaluates
    assertion texts (7), runs maintenance inside requests (10) and commits pickled cookies (8).
    """

    def __init__(self, name: str) -> None:
        install()
        super().__init__(name)
        self.binding = Binding()
        self.files: Any = None
        self._routes: RouteTable | None = None
        self.config.pop("MAX_UPLOAD_SIZE", None)  # the gate knows each route's limit
        self.config.MAINTAIN_INTERVAL = 1  # so that @app.maintain(n) counts seconds

    def bind(self, **parts: Any) -> None:
        """Set parts of the Binding: contract, authorise, settings, once_per_interval ..."""
        self.binding = replace(self.binding, **parts)

    def serve_directory(self, home: Path) -> None:
        """Take `static/` and `templates/` from `home`, errors/error.j2 for error pages."""
        templates.configure(self)
        self.bind(render_error=templates.error_page(self, home / "templates"))
        self.files = StaticFiles(home / "static", fresh=self.use_reloader)

    @property
    def routes(self) -> RouteTable:
        """The route table, made when the first request comes (all services are mounted then)."""
        if self._routes is None:
            self._routes = RouteTable(self)
        return self._routes

    def start(self, wasc: Any, route: str) -> None:
        """The framework's hook: the app is complete; put the gate before everything."""
        super().start(wasc, route)
        wasc.add_handler(0, server.Gate, self, wasc.handler.wsgi_handler)
        self._check_operations()
        Driver(self).start()
        if os.environ.get("HOBOTNICA_WATCHDOG"):
            Watchdog().start()

    def restart(self, wasc: Any, route: str) -> None:
        """The framework's hook after a reload in --devel."""
        super().restart(wasc, route)
        self._routes = None

    def _check_operations(self) -> None:
        """Refuse to start with a handler the contract does not know."""
        for method, rule, function in self.routes.functions():
            operation_id = getattr(function, "operation_id", "")
            if operation_id and operation_id not in self.binding.contract.operations:
                raise LookupError(f"{method} {rule}: the contract has no operation {operation_id}")

    def get_collector(self, request: Any, _path_info: str) -> Any:
        """Every body is read raw, up to the limit the gate has checked."""
        request.max_upload_size = request.place.function.body_limit
        return server.raw_collector

    def maintern(self) -> None:
        """Nothing inside requests: `maintain` runs the jobs."""

    def __call__(self, env: dict[str, Any], _start_response: Any) -> Any:
        """Run the route that the gate found, as a coroutine."""
        was = env["skitai.was"]
        was.app = self
        if self.use_reloader:
            self.maybe_reload()
        place = was.request.place
        env["wsgi.app"], env["wsgi.routed"] = self, place.function
        env["wsgi.route_options"] = place.options
        was.request.env = env
        return RouteCoroutine(place.function(was), was.ID)


def install() -> None:
    """Everything that must be in place before the server starts; doing it again changes nothing."""
    guard.raise_clone_limit()
    settled.install()
    server.install()
    client.install()
    wakeup.install()
