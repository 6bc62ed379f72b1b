"""What GitHub delivered and what came of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import deliveries
from myapp.framework.answers import answer
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services.permissions import WRITER
from myapp.services.shapes import delivery_json
from myapp.services.web import context_of, next_link, page_of


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/<name>/deliveries", methods=["GET"], coroutine=True)
    @operation("listDeliveries", WRITER)
    def list_deliveries(was: Any, call: Call) -> Generator[Any, Any, Any]:
        limit, before = page_of(call)
        asked = (context_of(was), call.state["repository"].id, limit, before)
        found = (yield was.Thread(deliveries.list_deliveries, args=asked)).fetch()
        link = next_link(was, call, limit, [delivery.id for delivery in found])
        return answer(was, [delivery_json(delivery) for delivery in found], headers=link)
