"""openapi.yaml as an object: its operations, which request is which, its text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import yaml

from myapp.contract.compile import compile_operation
from myapp.contract.operation import Operation
from myapp.contract.routing import Routes

DOCUMENT = Path(__file__).parent.parent / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class Match(NamedTuple):
    """A request's operation and the parameters in its path, unquoted, not yet checked."""

    operation: Operation
    parameters: dict[str, str]


class Contract:
    """Every operation of one OpenAPI 3.0 document, compiled; immutable."""

    def __init__(self, text: bytes) -> None:
        document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
        self._yaml = text
        self._json = orjson.dumps(document)
        self.base: str = document["servers"][0]["url"].rstrip("/")
        self.version: str = document["info"]["version"]
        operations: dict[str, Operation] = {}
        self._routes = Routes()
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = compile_operation(document, path, method)
                    operations[operation.id] = operation
                    self._routes.add(operation)
        self.operations: Mapping[str, Operation] = MappingProxyType(operations)

    def match(self, method: str, path: str) -> Match | None:
        """Find the operation of a request; HEAD finds GET's.

        `path` is the raw one, still quoted, without its query. None: there is no such operation,
        and `allowed(path)` tells whether the path exists. MalformedRequest: it is not UTF-8.
        """
        found = self._find(path)
        if found is None:
            return None
        operations, parameters = found
        operation = operations.get(method)
        if operation is None and method == "HEAD":
            operation = operations.get("GET")
        return Match(operation, parameters) if operation else None

    def allowed(self, path: str) -> tuple[str, ...]:
        """List the methods that a path takes, sorted; empty: there is no such path."""
        found = self._find(path)
        if found is None:
            return ()
        methods = set(found[0])
        return tuple(sorted(methods | {"HEAD"} if "GET" in methods else methods))

    def _find(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        if not path.startswith(self.base + "/"):
            return None
        return self._routes.find(path[len(self.base) :])

    def as_yaml(self) -> bytes:
        """Return the document as it was written."""
        return self._yaml

    def as_json(self) -> bytes:
        """Return the document as JSON."""
        return self._json


@cache
def load(path: Path = DOCUMENT) -> Contract:
    """Read and compile the document, once in a process."""
    return Contract(path.read_bytes())
