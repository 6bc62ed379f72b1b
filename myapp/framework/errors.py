"""Typed errors into HTTP, in this one place: JSON under /api, a page elsewhere."""

from __future__ import annotations

import html as html_text
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson

from myapp.errors import HobotnicaError
from myapp.framework.answers import HTML, Answer, check_headers

log = logging.getLogger("hobotnica.web")

_INTERNAL = "Internal error"
_SENTENCES = {
    400: "The request cannot be read",
    404: "Not found",
    405: "Method not allowed",
    411: "Length required",
    413: "The request body is too large",
    414: "The address is too long",
    431: "The request headers are too large",
    503: "Too many requests are waiting; try again soon",
}
_NEXT_STEPS = {
    400: "Go back, check what you entered and try again.",
    401: "Sign in and try again.",
    403: "Sign in with an account that may do this.",
    404: "Check the address, or start again from the dashboard.",
    409: "Go back and reload the page to see how things stand now.",
    413: "Send less at once.",
    422: "Go back, correct what is marked and send it again.",
    429: "Wait a moment and try again.",
    500: "Try again. If it stays, the service's log has the details.",
    503: "Nothing was lost. Try again in a moment.",
}

RenderPage = Callable[[int, Any, str], str]  # status, detail, path


def is_json_path(path: str) -> bool:
    """Whether errors of this path are JSON: the API's and those of files."""
    return path == "/api" or path.startswith(("/api/", "/static/", "/health", "/metrics"))


def describe(error: BaseException) -> tuple[int, Any, dict[str, str]]:
    """Status, detail and headers of any exception; unexpected ones are logged and say nothing."""
    if isinstance(error, HobotnicaError) and (error.status != 500 or error.detail != _INTERNAL):
        return error.status, error.detail, dict(error.headers)
    log.error("unexpected error", exc_info=error)
    return 500, _INTERNAL, {}


def describe_status(status: int) -> tuple[int, str]:
    """The framework's own refusals: its 502 and 530 are our 500."""
    if status in (502, 530):
        status = 500
    if status == 500:
        return status, _INTERNAL
    return status, _SENTENCES.get(status) or HTTPStatus(status).phrase.capitalize()


def error_answer(
    error: BaseException, *, as_json: bool, render: RenderPage | None = None, path: str = "/"
) -> Answer:
    """The answer to an exception; `path` is where the request went."""
    status, detail, headers = describe(error)
    return refusal(status, detail, headers, as_json=as_json, render=render, path=path)


def refusal(
    status: int,
    detail: Any,
    headers: dict[str, str] | None = None,
    *,
    as_json: bool,
    render: RenderPage | None = None,
    path: str = "/",
) -> Answer:
    """`{"detail": ...}` or the error page with its next step."""
    more = check_headers(headers or {})
    if as_json:
        body = orjson.dumps({"detail": detail})
        return Answer(status, (("Content-Type", "application/json"), *more), body)
    page = _render(render, status, detail, path)
    return Answer(status, (("Content-Type", HTML), *more), page.encode())


def _sentence(detail: Any) -> str:
    """A list of validation errors as one line."""
    try:
        return "; ".join(f"{item['loc'][-1]}: {item['message']}" for item in detail)
    except (TypeError, KeyError, IndexError):
        return str(detail)


def _render(render: RenderPage | None, status: int, detail: Any, path: str) -> str:
    if render is not None:
        try:
            return render(status, detail, path)
        except Exception:
            log.exception("the error page could not be rendered")
    return _plain_page(status, detail if isinstance(detail, str) else _sentence(detail))


def _plain_page(status: int, sentence: str) -> str:
    title = html_text.escape(sentence)
    step = _NEXT_STEPS.get(status, _NEXT_STEPS[404 if status < 500 else 500])
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{status} {title}</title>"
        f"<h1>{title}</h1><p>{html_text.escape(step)}</p><p><a href='/'>Dashboard</a></p></html>"
    )
