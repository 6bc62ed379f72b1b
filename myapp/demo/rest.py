"""The pretended GitHub's REST: webhooks and commit statuses of the sample repository."""

from __future__ import annotations

import re
from typing import Any

from myapp.demo import repository
from myapp.demo.world import FULL_NAME, World, shown

Answer = tuple[int, Any]

NOT_FOUND: Answer = (404, {"message": "Not Found", "status": "404"})
_PATH = re.compile(r"/repos/([^/]+/[^/]+)/(hooks|statuses)(?:/([^/]+))?\Z")


def answer(world: World, method: str, path: str, body: dict[str, Any]) -> Answer:
    """Status and body for a request whose token is right."""
    found = _PATH.match(path)
    if not found or found[1].lower() != FULL_NAME:
        return NOT_FOUND
    if found[2] == "statuses":
        return _status(world, method, found[3] or "", body)
    if found[3]:
        return _one_hook(world, method, found[3], body)
    if method == "POST" and isinstance(body.get("config"), dict):
        return 201, world.add_hook(body)
    if method == "GET":
        return 200, [shown(hook) for hook in world.hooks.values()]
    return NOT_FOUND


def _status(world: World, method: str, sha: str, body: dict[str, Any]) -> Answer:
    if method != "POST":
        return NOT_FOUND
    if body.get("state") not in ("error", "failure", "pending", "success"):
        return 422, {"message": "Validation Failed", "errors": ["state"], "status": "422"}
    if repository.describe(world.directory, sha) is None:
        return 422, {"message": f"No commit found for SHA: {sha}", "status": "422"}
    return 201, world.add_status(sha, body)


def _one_hook(world: World, method: str, number: str, body: dict[str, Any]) -> Answer:
    if not number.isdigit():
        return NOT_FOUND
    if method == "PATCH":
        changed = world.change_hook(int(number), body)
        return (200, changed) if changed else NOT_FOUND
    if method == "DELETE":
        return (204, None) if world.drop_hook(int(number)) else NOT_FOUND
    return NOT_FOUND
