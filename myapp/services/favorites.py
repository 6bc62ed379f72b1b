"""Favourites: the repositories that an account wants to see first."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.accounts import Account
from myapp.context import Context
from myapp.framework.answers import answer, no_content
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services.permissions import READER, SIGNED_IN
from myapp.services.repositories import shapes_of
from myapp.services.shapes import Json
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

# What wants looking at comes first.
_URGENCY = {"failed": 0, "errored": 0, "timed_out": 0, "running": 1, "queued": 2, "passed": 4}
_NEVER: Json = {"created_at": ""}


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/favorites", methods=["GET"], coroutine=True)
    @operation("listFavorites", SIGNED_IN)
    def list_favorites(was: Any, call: Call) -> Steps:
        order = call.valid.query.get("order", "date")
        found = was.Thread(favorite_shapes, args=(context_of(was), call.account, order))
        shapes = (yield found).fetch()
        headers = {"X-Order": order}
        return answer(was, shapes, headers=headers) if shapes else no_content(was, headers)

    @app.route("/<owner>/<name>/favorite", methods=["PUT"], coroutine=True)
    @operation("addFavorite", READER)
    def add_favorite(was: Any, call: Call) -> Steps:
        yield from mark(was, call, True)
        return no_content(was)

    @app.route("/<owner>/<name>/favorite", methods=["DELETE"], coroutine=True)
    @operation("removeFavorite", READER)
    def remove_favorite(was: Any, call: Call) -> Steps:
        yield from mark(was, call, False)
        return no_content(was)


def favorite_shapes(context: Context, account: Account, order: str) -> list[Json]:
    """The account's favourites as JSON (blocking)."""
    return ordered(shapes_of(context, repositories.list_favorites(context, account)), order)


def ordered(shapes: list[Json], order: str) -> list[Json]:
    """By `date` of the last build, the newest first, or by `status`, what is wrong first.

    Those that are equal keep their order.
    """
    if order == "status":
        return sorted(shapes, key=_urgency)
    return sorted(shapes, key=lambda one: (one["last_build"] or _NEVER)["created_at"], reverse=True)


def _urgency(shape: Json) -> int:
    if shape["status"] in ("failed", "revoked"):
        return 0
    if shape["last_build"] is None:
        return 5
    return _URGENCY.get(shape["last_build"]["state"], 3)


def mark(was: Any, call: Call, marked: bool) -> Steps:
    """Mark the call's repository for the account, or take the mark away."""
    given = (context_of(was), call.account, call.state["repository"].id, marked)
    (yield was.Thread(repositories.set_favorite, args=given)).fetch()
