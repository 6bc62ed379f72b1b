from __future__ import annotations

from typing import Any

from myapp.services.favorites import ordered


def shape(name: str, state: str | None, day: int = 1, status: str = "ready") -> dict[str, Any]:
    last = {"state": state, "created_at": f"2025-01-{day:02}T00:00:00.000Z"} if state else None
    return {"name": name, "status": status, "last_build": last}


def names(shapes: list[dict[str, Any]], order: str) -> str:
    return "".join(one["name"] for one in ordered(shapes, order))


def test_date_is_that_of_the_last_build_and_what_was_never_built_comes_last() -> None:
    shapes = [shape("n", None), shape("o", "failed", 2), shape("y", "passed", 9), shape("m", None)]
    assert names(shapes, "date") == "yonm"


def test_status_begins_with_what_is_wrong() -> None:
    shapes = [
        shape("p", "passed"),
        shape("-", None),
        shape("c", "cancelled"),
        shape("q", "queued"),
        shape("r", "running"),
        shape("e", "errored"),
        shape("f", "failed"),
        shape("x", "passed", status="revoked"),
    ]
    assert names(shapes, "status") == "efxrqcp-"
