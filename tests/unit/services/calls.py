"""Requests as the services see them, without a server."""

from __future__ import annotations

from typing import Any

from myapp.contract.operation import Validated
from myapp.framework.call import Call, read_query


def call_of(
    target: str = "/",
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    valid: dict[str, Any] | None = None,
    **more: Any,
) -> Call:
    """A request; `valid` are the query parameters that the contract has read."""
    path, _, query = target.partition("?")
    return Call(
        method=method,
        path=path,
        raw_path=path,
        path_parameters=more.pop("path_parameters", {}),
        query=read_query(query),
        headers=headers or {},
        body=body,
        cookies=more.pop("cookies", {}),
        remote_address="192.0.2.1",
        scheme=more.pop("scheme", "http"),
        valid=Validated({}, valid or {}, {}, None),
        **more,
    )
