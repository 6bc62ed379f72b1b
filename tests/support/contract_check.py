"""One exchange held against openapi.yaml by openapi-core, which shares no code with the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from myapp.contract.contract import DOCUMENT

BASE = "/api"

# Headers that any answer may have, whatever the operation.
COMMON_HEADERS = frozenset(
    [
        "accept-ranges",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "expires",
        "keep-alive",
        "permissions-policy",
        "pragma",
        "referrer-policy",
        "retry-after",
        "server",
        "set-cookie",
        "strict-transport-security",
        "transfer-encoding",
        "vary",
        "x-accel-buffering",
        "x-content-type-options",
        "x-frame-options",
        "x-request-id",
    ]
)


class ContractBroken(AssertionError):
    """An exchange that openapi.yaml does not allow."""


@dataclass
class Exchange:
    """What was asked and what was answered; `body` is None where it was not read (streams)."""

    method: str
    url: str
    request_headers: list[tuple[str, str]]
    request_body: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes | None = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.method} {self.url} -> {self.status} {(self.body or b'')[:500]!r}"


class _Request:
    """An exchange's request as openapi-core wants it."""

    def __init__(self, exchange: Exchange) -> None:
        parts = urlsplit(exchange.url)
        headers = Headers(exchange.request_headers)
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = unquote(parts.path)
        self.method = "get" if exchange.method == "HEAD" else exchange.method.lower()
        self.body = exchange.request_body
        self.content_type = headers.get("Content-Type", "application/octet-stream").lower()
        cookies = [
            tuple(item.strip().partition("=")[::2]) for item in headers.get("Cookie", "").split(";")
        ]
        query = parse_qsl(parts.query, keep_blank_values=True)
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(query),
            header=headers,
            cookie=ImmutableMultiDict(cookies),
        )


class _Response:
    """An exchange's response as openapi-core wants it."""

    def __init__(self, exchange: Exchange, body: bytes) -> None:
        self.status_code = exchange.status
        self.headers = Headers(exchange.headers)
        self.content_type = self.headers.get("Content-Type", "").lower()
        self.data = body


@cache
def document() -> dict[str, Any]:
    """openapi.yaml, parsed."""
    parsed: dict[str, Any] = yaml.safe_load(DOCUMENT.read_bytes())
    return parsed


@cache
def openapi() -> OpenAPI:
    """openapi-core's view of the contract."""
    return OpenAPI.from_dict(document(), config=Config())


def resolve(node: Any) -> Any:
    """Follow a `$ref` of the document."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def request_errors(exchange: Exchange) -> list[str]:
    """What openapi-core, and our rule on unknown query parameters, say against the request."""
    request = _Request(exchange)
    try:
        found = openapi().request_validator.path_finder.find(
            request.method, request.host_url + request.path
        )
    except PathError as error:
        return [str(error)]
    errors = [_explain(error) for error in openapi().iter_request_errors(request)]
    known = {
        parameter["name"]
        for part in (found.path, found.operation)
        for parameter in map(resolve, part.read_value().get("parameters", []))
        if parameter["in"] == "query"
    }
    names = [name for name, _ in request.parameters.query.items(multi=True)]
    errors += [f"unknown query parameter {name}" for name in set(names) - known]
    errors += [f"{name} given twice" for name in known if names.count(name) > 1]
    return errors


def check(exchange: Exchange) -> None:
    """Raise ContractBroken unless the contract allows this exchange.

    A request that breaks the contract must be answered 4xx (or 503); every answer must be a
    documented one, with documented headers and a body of its schema.
    """
    if exchange.method == "HEAD":
        _require(not exchange.body, exchange, "a HEAD answer has a body")
    wrong = request_errors(exchange)
    if wrong and exchange.status < 400:
        raise ContractBroken(f"{exchange.name}: accepted, but {'; '.join(wrong)}")
    request = _Request(exchange)
    try:
        found = openapi().response_validator.path_finder.find(
            request.method, request.host_url + request.path
        )
    except PathError:
        _check_stray(exchange)
        return
    if exchange.status == 405:  # the path is one of two templates; the other one was meant
        _check_stray(exchange)
        return
    responses = found.operation.read_value()["responses"]
    _require(str(exchange.status) in responses, exchange, "the status is not documented")
    response = resolve(responses[str(exchange.status)])
    _check_headers(exchange, response)
    if exchange.body is None or exchange.method == "HEAD":
        return
    if "content" not in response:
        _require(not exchange.body, exchange, "the answer should have no body")
        return
    media = Headers(exchange.headers).get("Content-Type", "")
    if not exchange.body and media.startswith("text/"):
        return  # an empty text is a string too; openapi-core takes it for a missing body
    answer = _Response(exchange, exchange.body)
    errors = [_explain(error) for error in openapi().iter_response_errors(request, answer)]
    _require(not errors, exchange, "; ".join(errors))


def _check_stray(exchange: Exchange) -> None:
    """Check the answer to what is no operation: 404, or 405 with Allow, as an error."""
    _require(exchange.status in (400, 404, 405, 413, 503), exchange, "there is no such operation")
    if exchange.status == 405:
        _require(bool(Headers(exchange.headers).get("Allow")), exchange, "405 without Allow")
    if exchange.method == "HEAD" or exchange.body is None:
        return
    try:
        detail = orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        detail = None
    _require(
        isinstance(detail, dict) and list(detail) == ["detail"] and bool(detail["detail"]),
        exchange,
        "the body is no error",
    )


def _check_headers(exchange: Exchange, response: dict[str, Any]) -> None:
    documented = {name.lower() for name in response.get("headers", {})}
    stray = {name.lower() for name, _ in exchange.headers} - documented - COMMON_HEADERS
    _require(not stray, exchange, f"headers that are not documented: {', '.join(sorted(stray))}")
    present = Headers(exchange.headers)
    for name, header in response.get("headers", {}).items():
        if resolve(header).get("required"):
            _require(name in present, exchange, f"the header {name} is missing")
    if "content" in response and exchange.status != 304:
        media = present.get("Content-Type", "").partition(";")[0].strip().lower()
        _require(media in response["content"], exchange, f"the media type {media!r}")


def _require(condition: bool, exchange: Exchange, what: str) -> None:
    if not condition:
        raise ContractBroken(f"{exchange.name}: {what}")


def _explain(error: BaseException) -> str:
    """Return an openapi-core error with its causes, which have what matters."""
    parts = [str(error) or type(error).__name__]
    for item in getattr(error, "schema_errors", None) or []:
        parts.append(f"{'/'.join(map(str, item.absolute_path))}: {item.message}")
    cause = error.__cause__
    if cause is not None:
        parts.append(_explain(cause))
    return " < ".join(parts)
