"""Every operation as everybody: the permission beside each route is what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from myapp import contract, repositories
from myapp.builds import Build
from myapp.repositories import Repository
from tests.integration.services.place import OWNER, PEOPLE, Place
from tests.support import factories
from tests.unit.services.route_table import Route, operations

NOT_FOUND = {"detail": "Repository not found"}
BUILD_NOT_FOUND = {"detail": "Build not found"}
RIGHTS = {
    "stranger": ("public", "signed-in"),
    "reader": ("public", "signed-in", "reader"),
    "writer": ("public", "signed-in", "reader", "writer"),
    "boss": ("public", "signed-in", "reader", "writer", "owner"),
    OWNER: ("public", "signed-in", "reader", "writer", "owner"),
    "root": ("public", "signed-in", "reader", "writer", "owner", "admin"),
}
BODIES: dict[str, Any] = {
    "updateRepository": {"test_target": "check"},
    "setVariable": {"value": "new"},
    "setOwnerVariable": {"value": "new"},
    "createBuild": {"ref": "main"},
    "cancelBuild": {"reason": "not wanted"},
}
# Signed deliveries have their own tests.
WALKED = [route for route in operations() if route.operation_id != "receiveWebhook"]
FILLED: dict[str, Callable[[Place, Repository], Build]] = {
    "cancelBuild": lambda place, repository: place.queued(repository),
}


@dataclass
class Target:
    """What one request is about."""

    repository: Repository
    build: Build
    other: str  # a repository at GitHub that anybody may register


def target_of(place: Place, operation_id: str) -> Target:
    """A new repository with a variable and a build."""
    repository = place.repository()
    for scope in (
        repositories.repository_scope(repository.id),
        repositories.owner_scope(repository.owner),
    ):
        variable = {"secret": False, "by": OWNER}
        repositories.set_variable(place.context, scope, "KEY", "value", **variable)
    make = FILLED.get(operation_id, lambda place, found: place.finished(found, b"ok\n"))
    other = ""
    if operation_id == "createRepository":
        other = place.git.create(f"somebody/{factories.name()}", private=False).facts.name
    return Target(repository, make(place, repository), other)


def send(client: httpx.Client, route: Route, target: Target) -> httpx.Response:
    """The operation's request about the target."""
    path = (
        route.path.replace("<owner>", target.repository.owner)
        .replace("<name>", target.repository.name)
        .replace("<key>", "KEY")
        .replace("<id>", str(target.build.id))
    )
    body = BODIES.get(route.operation_id)
    if route.operation_id == "createRepository":
        body = {"owner": "somebody", "name": target.other}
    return client.request(route.method, path, json=body)


def refusal(route: Route, login: str) -> tuple[int, Any] | None:
    """Status and body of who may not; None for who may. A body of None is any sentence."""
    badge = route.operation_id == "getBadge"
    if badge and login == "stranger":
        return 404, NOT_FOUND
    if "<owner>" in route.path and "<name>" not in route.path and route.permission == "owner":
        return None if login in (OWNER, "root") else (403, None)
    if route.permission in RIGHTS[login]:
        return None
    if login != "stranger":
        return 403, None
    return 404, BUILD_NOT_FOUND if "<id>" in route.path else NOT_FOUND


@pytest.mark.parametrize("login", [login for login in PEOPLE if login != "banned"])
@pytest.mark.parametrize("route", WALKED, ids=lambda route: route.operation_id)
def test_operation_does_what_the_permission_says(place: Place, route: Route, login: str) -> None:
    target = target_of(place, route.operation_id)
    answer = send(place.client(login), route, target)
    refused = refusal(route, login)
    if refused is None:
        statuses = contract.load().operations[route.operation_id].statuses
        good = {status for status in statuses if status < 400}
        if route.operation_id == "getHealth":
            good = {503}  # there is no worker
        assert answer.status_code in good, answer.text
        return
    assert answer.status_code == refused[0], answer.text
    if refused[1] is not None:
        assert answer.json() == refused[1]
    stored = repositories.by_id(place.context, target.repository.id)
    assert stored is not None
    assert stored.test_target == "test"


@pytest.mark.parametrize(
    "route",
    [route for route in WALKED if "<name>" in route.path or "<id>" in route.path],
    ids=lambda route: route.operation_id,
)
def test_absent_and_invisible_are_the_same_bytes(place: Place, route: Route) -> None:
    target = target_of(place, route.operation_id)
    client = place.client("stranger")
    invisible = send(client, route, target)
    repositories.delete(place.context, target.repository.id, OWNER)
    absent = send(client, route, target)
    assert (absent.status_code, absent.content) == (invisible.status_code, invisible.content)
    assert absent.status_code == 404
    differing = {"date", "content-length"}
    assert {k for k in absent.headers if k not in differing} == {
        k for k in invisible.headers if k not in differing
    }
