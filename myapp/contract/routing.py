"""Which path of the document a request's path is; the more concrete one wins.

`/repositories/favorites` before `/repositories/{owner}`, as OpenAPI 3.0.3 asks (Path Templating).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from myapp.contract.operation import Operation
from myapp.errors import MalformedRequest

_TEMPLATE = re.compile(r"([^{}]*)\{([^{}]+)\}([^{}]*)\Z")


@dataclass
class _Node:
    exact: dict[str, _Node] = field(default_factory=dict)
    templates: list[tuple[str, str, str, _Node]] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)


class Routes:
    """A tree of path segments; a template may have text around its parameter (`{name}.svg`)."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, operation: Operation) -> None:
        """Put an operation where its path ends."""
        node = self._root
        for segment in operation.path.split("/")[1:]:
            node = _child(node, segment)
        node.operations[operation.method] = operation

    def find(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        """Find a path's operations by method, and its parameters."""
        segments = path.split("/")[1:]
        if "%" in path:
            segments = [_unquote(segment) for segment in segments]
        return _walk(self._root, segments, 0, {})


def _child(node: _Node, segment: str) -> _Node:
    template = _TEMPLATE.match(segment)
    if template is None:
        return node.exact.setdefault(segment, _Node())
    prefix, name, suffix = template.groups()
    for known in node.templates:
        if known[:3] == (prefix, name, suffix):
            return known[3]
    child = _Node()
    node.templates.append((prefix, name, suffix, child))
    # The one with more text around its parameter is the more concrete one.
    node.templates.sort(key=lambda item: -len(item[0]) - len(item[2]))
    return child


def _walk(
    node: _Node, segments: list[str], at: int, parameters: dict[str, str]
) -> tuple[dict[str, Operation], dict[str, str]] | None:
    if at == len(segments):
        return (node.operations, parameters) if node.operations else None
    segment = segments[at]
    child = node.exact.get(segment)
    if child is not None:
        found = _walk(child, segments, at + 1, parameters)
        if found is not None:
            return found
    for prefix, name, suffix, child in node.templates:
        end = len(segment) - len(suffix)
        if end > len(prefix) and segment.startswith(prefix) and segment.endswith(suffix):
            value = {**parameters, name: segment[len(prefix) : end]}
            found = _walk(child, segments, at + 1, value)
            if found is not None:
                return found
    return None


def _unquote(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeError:
        raise MalformedRequest("The path is not UTF-8") from None
