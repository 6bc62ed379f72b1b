"""One request as the routes see it: raw, decoded once, never retyped (docs/framework.md, 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from myapp.errors import MalformedRequest

MOST_FIELDS = 200


@dataclass(slots=True)
class Call:
    """A request: `path_parameters` and `query` are decoded text, `headers` have lower-case names.

    `account` is what the authorisation step returned; `valid` what the contract made of the
    request (`valid.path`, `valid.query`, `valid.headers`, `valid.body`), None on pages.
    """

    method: str
    path: str
    raw_path: str
    path_parameters: dict[str, str]
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    cookies: dict[str, str]
    remote_address: str
    scheme: str
    operation_id: str = ""
    permission: Any = None
    account: Any = None
    valid: Any = None
    state: dict[str, Any] = field(default_factory=dict)

    def query_value(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    @property
    def form(self) -> dict[str, str]:
        """The urlencoded body, last value of each field; MalformedRequest when it is none."""
        return dict(read_form(self.body))

    @property
    def wants_html(self) -> bool:
        """Whether the client prefers a page to JSON."""
        return "text/html" in self.headers.get("accept", "")


def decode_part(raw: str) -> str:
    """Percent-decode one path part once, `+` kept; MalformedRequest for NUL and broken UTF-8."""
    try:
        text = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise MalformedRequest("The path is not valid UTF-8") from None
    if "\0" in text:
        raise MalformedRequest("The path contains a NUL character")
    return text


def split_target(target: str) -> tuple[str, str]:
    """The request target as (raw path, raw query); absolute-form loses its host (RFC 9112, 3.2)."""
    target = target.split("#", 1)[0]
    if not target.startswith("/"):
        scheme, separator, rest = target.partition("://")
        slash = rest.find("/")
        target = rest[slash:] if separator and scheme.isalpha() and slash >= 0 else "/"
    path, _, query = target.partition("?")
    return path, query


def read_query(raw: str) -> list[tuple[str, str]]:
    """The query in its order, repeated keys kept; MalformedRequest when it cannot be read."""
    return _pairs(raw, "query")


def read_form(body: bytes) -> list[tuple[str, str]]:
    """A form's fields in their order; MalformedRequest when the body is no form."""
    try:
        raw = body.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedRequest("The form cannot be read") from None
    return _pairs(raw, "form")


def _pairs(raw: str, what: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # UnicodeDecodeError is one
        raise MalformedRequest(f"The {what} cannot be read") from None
    if any("\0" in key or "\0" in value for key, value in pairs):
        raise MalformedRequest(f"The {what} contains a NUL character")
    return pairs


def read_headers(lines: Sequence[str]) -> dict[str, str]:
    """Header lines by lower-case name; repeated ones joined (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if name in headers:
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    return headers


def read_cookies(header: str) -> dict[str, str]:
    """A Cookie header; of two with one name the first, which has the longer path (RFC 6265)."""
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name:
            cookies.setdefault(name, value.strip('"'))
    return cookies


def client_of(peer: str, headers: Mapping[str, str], trusted_proxy: str | None) -> tuple[str, str]:
    """The client's (address, scheme); forwarded headers count only from the trusted proxy."""
    if not trusted_proxy or peer != trusted_proxy:
        return peer, "http"
    forwarded = headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
    scheme = headers.get("x-forwarded-proto", "").strip().lower()
    return forwarded or peer, scheme if scheme in ("http", "https") else "http"


def read_call(request: Any, trusted_proxy: str | None = None) -> Call:
    """The Call of a framework request whose route has been found (`request.place`)."""
    headers = read_headers(request.header)
    raw_path, raw_query = split_target(request.uri)
    channel = request.channel
    peer = channel.addr[0] if channel is not None else ""
    address, scheme = client_of(peer, headers, trusted_proxy)
    return Call(
        method="HEAD" if request.is_head else request.command.upper(),
        path=decode_part(raw_path),
        raw_path=raw_path,
        path_parameters=dict(request.place.parameters),
        query=read_query(raw_query),
        headers=headers,
        body=request.get_body() or b"",
        cookies=read_cookies(headers.get("cookie", "")),
        remote_address=address,
        scheme=scheme,
    )
