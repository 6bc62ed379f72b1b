"""A service that answers every operation with the contract's own examples; it keeps nothing.

For tests of the tools that test the real one, and of documentation's examples.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from myapp.contract import Contract, Operation, load
from myapp.errors import (
    BasicRequired,
    HobotnicaError,
    InvalidCredentials,
    MalformedRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    ValidationFailed,
)
from tests.support.contract_check import document, resolve
from tests.support.http_server import Handler, Server

TOKEN = "pretended-token"
BASIC = "Basic " + base64.b64encode(f"octocat:{TOKEN}".encode()).decode()
USERNAME = "octocat"
HEADERS = {"Authorization": BASIC}

Answer = tuple[int, dict[str, str], bytes]
Fault = Callable[[Answer], Answer]


class PretendedService:
    """Use it as a context; `url` is its address.

    `faults` change the answers of operations by their ids.
    """

    def __init__(self, faults: Mapping[str, Fault] | None = None) -> None:
        answers = {name: example_of(operation) for name, operation in load().operations.items()}
        for name, fault in (faults or {}).items():
            answers[name] = fault(answers[name])
        self._server = Server(type("_Bound", (_Handler,), {"answers": answers}))
        self.url = self._server.url

    def __enter__(self) -> PretendedService:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


class _Handler(Handler):
    contract: Contract = load()
    answers: Mapping[str, Answer]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        headers: dict[str, str] = {}
        try:
            match = self.contract.match(self.command, path)
            if match is None:
                allowed = self.contract.allowed(path)
                headers = {"Allow": ", ".join(allowed)} if allowed else {}
                raise MethodNotAllowed() if allowed else NotFound()
            operation, parameters = match
            headers_given = {name.lower(): value for name, value in self.headers.items()}
            self._authorise(operation, headers_given)
            valid = operation.validate(
                parameters,
                parse_qsl(query, keep_blank_values=True, errors="surrogateescape"),
                headers_given,
                body,
                self.headers.get("Content-Type"),
            )
            json = self.headers.get("Content-Type") == "application/json"
            if operation.raw_body and json and not valid.body.startswith(b"{"):
                raise MalformedRequest()
            answer = self.answers[operation.id]
        except HobotnicaError as error:
            headers |= {"Content-Type": "application/json", **error.headers}
            answer = error.status, headers, orjson.dumps({"detail": error.detail})
        self.send(answer[0], answer[2], answer[1])

    def _authorise(self, operation: Operation, headers: Mapping[str, str]) -> None:
        if operation.permission == "public":
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        token = headers.get("x-github-personal-token") or (given if scheme == "Bearer" else "")
        if token and not token.startswith("hob_") and not headers.get("x-github-username"):
            raise ValidationFailed.at("Parameter required", "parameters", "X-GitHub-Username")
        if not token and not given:
            raise BasicRequired() if operation.challenge else NotAuthenticated()
        if token not in (TOKEN, f"hob_{TOKEN}") and headers.get("authorization") != BASIC:
            raise InvalidCredentials()

    do_OPTIONS = do_TRACE = do_QUERY = lambda self: self.answer()  # noqa: N815


def example_of(operation: Operation) -> Answer:
    """Make the first good answer of an operation out of the document's examples."""
    node = document()["paths"][operation.path][operation.method.lower()]
    status = min(status for status in operation.statuses if status < 400)
    response = resolve(node["responses"][str(status)])
    headers = {
        name: _text(_example(resolve(header)))
        for name, header in response.get("headers", {}).items()
    }
    for media, content in response.get("content", {}).items():
        example = _example(content)
        headers["Content-Type"] = media
        body = orjson.dumps(example) if media == "application/json" else _text(example).encode()
        return status, headers, body
    return status, headers, b""


def _text(value: Any) -> str:
    return orjson.dumps(value).decode() if not isinstance(value, str) else value


def _example(node: Any) -> Any:
    node = resolve(node)
    if "example" in node:
        return node["example"]
    if "schema" in node:
        return _example(node["schema"])
    if "type" not in node:
        return ""
    if node["type"] == "array":
        return [_example(node["items"])]
    if node["type"] == "object":
        properties = node.get("properties", {})
        return {name: _example(item) for name, item in properties.items()}
    samples = {"string": "sample", "integer": 1, "number": 1, "boolean": False}
    return None if node.get("nullable") else node.get("enum", [samples[node["type"]]])[0]
