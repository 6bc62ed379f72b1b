"""The pretended GitHub's GraphQL: the operations of `github.requests`, known by their names.

It executes no query: each operation has one answer, of the shape the query asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from myapp.demo import repository
from myapp.demo.world import FULL_NAME, LOGIN, NAME, REPOSITORY_NODE, USER_NODE, World

Variables = dict[str, Any]


class NotThere(Exception):
    """What was asked for does not exist; `field` is the query's field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def answer(world: World, operation: str, variables: Variables) -> dict[str, Any]:
    """The answer's body, with `data`, and with `errors` when something does not exist."""
    if operation not in _OPERATIONS:
        return {"errors": [{"type": "UNKNOWN", "message": f"No operation {operation!r} here"}]}
    data: dict[str, Any] = {"viewer": _viewer(world)}
    try:
        data.update(_OPERATIONS[operation](world, variables))
    except NotThere as error:
        problem = {"type": "NOT_FOUND", "path": [error.field], "message": str(error)}
        return {"data": {**data, error.field: None}, "errors": [problem]}
    return {"data": data}


def _viewer(world: World) -> dict[str, Any]:
    return {
        "id": USER_NODE,
        "login": LOGIN,
        "name": "The Octocat",
        "url": f"{world.address}/{LOGIN}",
    }


def _access(world: World, variables: Variables) -> dict[str, Any]:
    _check(variables)
    return {"repository": _repository(world)}


def _by_id(world: World, variables: Variables) -> dict[str, Any]:
    if variables.get("id") != REPOSITORY_NODE:
        raise NotThere("node", "Could not resolve to a node with this global id.")
    return {"node": {"__typename": "Repository", **_repository(world)}}


def _find_commit(world: World, variables: Variables) -> dict[str, Any]:
    _check(variables)
    found: dict[str, Any] = {"id": REPOSITORY_NODE}
    for key in ("branch", "tag"):
        name = str(variables[key])
        if not name.startswith("refs/"):
            name = f"refs/{'heads' if key == 'branch' else 'tags'}/{name}"
        prefix = "/".join(name.split("/")[:2]) + "/"
        target = _commit(world, name)
        found[key] = target and {
            "name": name.removeprefix(prefix),
            "prefix": prefix,
            "target": target,
        }
    found["object"] = _commit(world, str(variables["expression"]))
    return {"repository": found}


def _owner(_world: World, variables: Variables) -> dict[str, Any]:
    if str(variables.get("login", "")).lower() != LOGIN:
        return {"repositoryOwner": None}
    return {
        "repositoryOwner": {
            "__typename": "User",
            "id": USER_NODE,
            "login": LOGIN,
            "isViewer": True,
        }
    }


def _check(variables: Variables) -> None:
    asked = f"{variables.get('owner')}/{variables.get('name')}"
    if asked.lower() != FULL_NAME:
        raise NotThere("repository", f"Could not resolve to a Repository with the name '{asked}'.")


def _repository(world: World) -> dict[str, Any]:
    return {
        "id": REPOSITORY_NODE,
        "name": NAME,
        "owner": {"__typename": "User", "login": LOGIN},
        "url": world.html_url,
        "description": "Hobotnica's sample: its contract is its Makefile",
        "isPrivate": True,
        "isArchived": False,
        "isEmpty": False,
        "viewerPermission": "ADMIN",
        "defaultBranchRef": {"name": "main", "target": _commit(world, "refs/heads/main")},
    }


def _commit(world: World, revision: str) -> dict[str, Any] | None:
    found = repository.describe(world.directory, revision)
    if found is None:
        return None
    sha, message, author = found
    return {
        "__typename": "Commit",
        "oid": sha,
        "message": message,
        "author": {"name": author, "user": None},
    }


_OPERATIONS: dict[str, Callable[[World, Variables], dict[str, Any]]] = {
    "Viewer": lambda _world, _variables: {},
    "RepositoryAccess": _access,
    "RepositoryById": _by_id,
    "FindCommit": _find_commit,
    "Owner": _owner,
}
