"""Binding handlers to the contract: `@operation` and `@page`, placed under `@app.route`.

The order of a request: size of the body, credentials, contract, permission, handler. Whatever is
raised on the way becomes an answer in `errors`, once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from myapp.framework.answers import HTML, STREAMED, Answer
from myapp.framework.call import Call, read_call, split_target
from myapp.framework.compat import Revoke
from myapp.framework.errors import RenderPage, error_answer
from myapp.framework.guard import NOTHING, coroutine_guard

MEGABYTE = 1 << 20
WEBHOOK_LIMIT = 25 * MEGABYTE

Authorise = Callable[[Any, Call], Any]
OncePerInterval = Callable[[str, float, float], bool]


def everybody(was: Any, call: Call) -> None:
    """The authorisation step of an app that has none."""


@dataclass(frozen=True)
class Binding:
    """What every bound handler needs, given to `Application.bind` when the app is set up.

    `contract.operations[operation_id].validate(path_parameters, query, headers, body,
    content_type)`; `authorise(was, call)` returns the account, or is a generator that does and may
    yield tasks, or raises; `admit(was, call)` comes after the contract's check, when the path is
    known to be sound, and raises if this account may not; `render_error(status, detail, path)`
    returns a page;
    `once_per_interval(name, interval, now)` is true for one caller in the installation;
    `page_headers` go with every page.
    """

    contract: Any = None
    authorise: Authorise = everybody
    admit: Authorise = everybody
    settings: Any = None
    render_error: RenderPage | None = None
    once_per_interval: OncePerInterval | None = None
    page_headers: tuple[tuple[str, str], ...] = ()


def operation(operation_id: str, permission: Any = None, *, limit: int = MEGABYTE) -> Callable:
    """Bind a handler `(was, call)` to an operation of the contract; errors are JSON.

    The handler is a generator, or a plain function when it yields nothing; it returns an Answer.
    `limit` is the largest body in bytes.
    """
    return _bind(operation_id, permission, limit, as_json=True)


def page(permission: Any = None, *, limit: int = MEGABYTE) -> Callable:
    """Bind a handler `(was, call)` to a page: no contract, errors are pages."""
    return _bind("", permission, limit, as_json=False)


def _bind(operation_id: str, permission: Any, limit: int, *, as_json: bool) -> Callable:
    def decorate(handler: Callable) -> Callable:
        @wraps(handler)
        def route(was: Any) -> Generator[Any, Any, Any]:
            binding: Binding = was.app.binding
            result: Any
            try:
                call = read_call(was.request, getattr(binding.settings, "trusted_proxy", None))
                call.operation_id, call.permission = operation_id, permission
                call.account = yield from _run(binding.authorise, was, call)
                if operation_id:
                    call.valid = binding.contract.operations[operation_id].validate(
                        call.path_parameters,
                        call.query,
                        call.headers,
                        call.body,
                        call.headers.get("content-type"),
                    )
                yield from _run(binding.admit, was, call)
                result = yield from _run(handler, was, call)
            except Exception as error:
                path = split_target(was.request.uri)[0]
                result = error_answer(
                    error, as_json=as_json, render=binding.render_error, path=path
                )
            return write(was, result)

        del route.__wrapped__  # Atila reads the route's own signature
        guarded = coroutine_guard(route)
        guarded.operation_id = operation_id  # type: ignore[attr-defined]
        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.body_limit = limit  # type: ignore[attr-defined]
        guarded.handler = handler  # type: ignore[attr-defined]
        return guarded

    return decorate


def _run(function: Callable, was: Any, call: Call) -> Generator[Any, Any, Any]:
    result = function(was, call)
    if inspect.isgenerator(result):
        result = yield from result
    return result


def write(was: Any, result: Any) -> Any:
    """Put an Answer on the response and return its body; `was.Map` and its like pass through."""
    if isinstance(result, Revoke):
        return result
    response = was.response
    if result is STREAMED or response.is_done():  # head and body are under way
        return None
    if isinstance(result, str | bytes):
        return result
    if not isinstance(result, Answer):
        unexpected = TypeError(f"a handler returned {type(result).__name__}, not an Answer")
        result = error_answer(unexpected, as_json=True)
    put(response, result, was.app.binding.page_headers)
    return result.body or NOTHING


def put(response: Any, answer: Answer, page_headers: tuple[tuple[str, str], ...] = ()) -> None:
    """Status and headers of an answer onto the framework's response."""
    response.set_status(f"{answer.status} {_phrase(answer.status)}")
    if ("Content-Type", HTML) in answer.headers:
        for name, value in page_headers:
            response.set_header(name, value)
    for name, value in answer.headers:
        if name.lower() == "set-cookie":
            response.set(name, value)
        else:
            response.set_header(name, value)
    response.bodiless = not answer.body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
