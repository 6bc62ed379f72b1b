"""The route table and the contract say the same."""

from __future__ import annotations

from collections import Counter

import pytest

from myapp import contract
from myapp.services import permissions
from tests.unit.services.route_table import Route, operations, page_routes, routes

KNOWN = {
    permissions.PUBLIC,
    permissions.SIGNED_IN,
    permissions.READER,
    permissions.WRITER,
    permissions.OWNER,
    permissions.ADMIN,
}


def test_every_operation_of_the_contract_has_exactly_one_route() -> None:
    counted = Counter(route.operation_id for route in operations())
    assert dict(counted) == dict.fromkeys(contract.load().operations, 1)


@pytest.mark.parametrize("route", operations(), ids=lambda route: route.operation_id)
def test_route_has_the_contracts_permission_method_and_path(route: Route) -> None:
    operation = contract.load().operations[route.operation_id]
    assert route.permission == operation.permission
    assert route.method == operation.method
    wanted = "/api" + operation.path
    assert route.path.replace("<", "{").replace(">", "}") == wanted


@pytest.mark.parametrize("route", operations(), ids=lambda route: route.operation_id)
def test_route_takes_bodies_as_large_as_the_contract_says(route: Route) -> None:
    limit = route.function.body_limit  # type: ignore[attr-defined]
    assert limit == contract.load().operations[route.operation_id].max_body


@pytest.mark.parametrize("route", page_routes(), ids=lambda route: route.name)
def test_page_route_has_a_permission_and_one_of_two_methods(route: Route) -> None:
    assert route.permission in KNOWN
    assert route.method in ("GET", "POST")


def test_no_two_routes_answer_the_same_request() -> None:
    shapes = Counter(
        (route.method, tuple("<>" if p.startswith("<") else p for p in route.path.split("/")))
        for route in routes()
    )
    assert [shape for shape, count in shapes.items() if count > 1] == []


def test_what_changes_something_is_never_public() -> None:
    changing = {route.name for route in routes() if route.method != "GET"}
    public = {route.name for route in routes() if route.permission == permissions.PUBLIC}
    # A delivery is signed; the forms for signing in and out carry a CSRF token.
    signed = {"POST /api/webhooks/<webhook_uid>", "POST /login", "POST /logout"}
    assert changing & public == signed
