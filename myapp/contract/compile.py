"""From an operation's text to its compiled form."""

from __future__ import annotations

from typing import Any

from myapp.contract.body import JSON, Body
from myapp.contract.operation import Operation
from myapp.contract.parameters import Parameter, Parameters
from myapp.contract.schema import Schema, resolve, translate

DEFAULT_MAX_BODY = 1 << 20


def compile_operation(document: Schema, path: str, method: str) -> Operation:
    """Compile the operation of one path and method (in lower case) of the document."""
    item = document["paths"][path]
    operation = item[method]
    raw_body = bool(operation.get("x-raw-body", False))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        permission=operation["x-permission"],
        max_body=operation.get("x-max-body", DEFAULT_MAX_BODY),
        security=_security(operation.get("security", document.get("security", []))),
        challenge=operation.get("x-challenge"),
        raw_body=raw_body,
        statuses=frozenset(int(status) for status in operation["responses"]),
        parameters=Parameters(
            _parameter(document, node)
            for node in [*item.get("parameters", []), *operation.get("parameters", [])]
        ),
        body=None if raw_body else _body(document, operation.get("requestBody")),
    )


def _security(requirements: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(name for requirement in requirements for name in requirement or [""])


def _parameter(document: Schema, node: Any) -> Parameter:
    parameter = resolve(document, node)
    return Parameter(
        name=parameter["name"],
        location=parameter["in"],
        required=parameter.get("required", False),
        schema=translate(document, parameter["schema"]),
    )


def _body(document: Schema, node: Any) -> Body | None:
    if node is None:
        return None
    request = resolve(document, node)
    schema = translate(document, request["content"][JSON]["schema"])
    return Body(schema, required=request.get("required", False))
