"""The dashboard's JSON."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp.framework.answers import answer
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services import composing
from myapp.services.permissions import SIGNED_IN


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("", methods=["GET"], coroutine=True)
    @operation("getDashboard", SIGNED_IN)
    def get_dashboard(was: Any, call: Call) -> Generator[Any, Any, Any]:
        shape, _ = yield from composing.dashboard(was, call)
        return answer(was, shape)
