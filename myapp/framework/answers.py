"""What a handler returns: JSON, text, a page, a redirect, nothing; written once, by the binding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

HTML = "text/html; charset=utf-8"

# What a handler returns whose answer was a stream: there is nothing more to send.
STREAMED = object()

Headers = Mapping[str, str] | Iterable[tuple[str, str]]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, 4.1.1


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: status, headers in their order (Set-Cookie may repeat), body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def with_headers(self, headers: Headers) -> Answer:
        """The same answer with more headers."""
        return Answer(self.status, self.headers + check_headers(headers), self.body)


def check_header(name: str, value: str) -> tuple[str, str]:
    """The header as text; ValueError when it would break the answer (CR, LF, NUL, a bad name)."""
    value = str(value)
    if not _NAME.fullmatch(name) or _BAD_VALUE.search(value):
        raise ValueError(f"not a header: {name!r}")
    return name, value


def check_headers(headers: Headers) -> tuple[tuple[str, str], ...]:
    """All of them, checked."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return tuple(check_header(name, value) for name, value in pairs)


def answer(was: Any, data: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """JSON: anything orjson writes (RFC 3339 for datetimes)."""
    kind = ("Content-Type", "application/json")
    return Answer(status, (kind, *check_headers(headers)), orjson.dumps(data))


def text(
    was: Any,
    body: str | bytes,
    status: int = 200,
    headers: Headers = (),
    content_type: str = "text/plain; charset=utf-8",
) -> Answer:
    """Text or bytes of any type; an empty body is answered with `Content-Length: 0`."""
    raw = body.encode() if isinstance(body, str) else body
    kind = ("Content-Type", content_type)
    return Answer(status, (kind, *check_headers(headers)), raw)


def html(was: Any, body: str, status: int = 200, headers: Headers = ()) -> Answer:
    """A page."""
    return text(was, body, status, headers, HTML)


def redirect(was: Any, location: str, status: int = 303, headers: Headers = ()) -> Answer:
    """To another address; 303 turns a form's POST into a GET."""
    return Answer(
        status, (("Location", check_header("Location", location)[1]), *check_headers(headers))
    )


def no_content(was: Any, headers: Headers = (), status: int = 204) -> Answer:
    """204 (or 304): headers only."""
    return Answer(status, check_headers(headers))


def cookie(
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    secure: bool = False,
    http_only: bool = True,
    same_site: str = "Lax",
    path: str = "/",
) -> tuple[str, str]:
    """A Set-Cookie header for `headers=[...]`; `max_age=0` removes the cookie.

    The set loses cookies that a coroutine sets (atila/executors/wsgi_executor.py:319).
    """
    if not _NAME.fullmatch(name) or not _COOKIE_VALUE.fullmatch(value):
        raise ValueError(f"not a cookie: {name!r}")
    parts = [f"{name}={value}", f"Path={path}"]
    if max_age is not None:
        parts.append(f"Max-Age={max_age}")
    if secure:
        parts.append("Secure")
    if http_only:
        parts.append("HttpOnly")
    parts.append(f"SameSite={same_site}")
    return "Set-Cookie", "; ".join(parts)
