"""OpenAPI 3.0's schemas as JSON Schema draft 4, which they descend from.

What differs and is used by the document: `nullable`, and references into `components`.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def resolve(document: Schema, node: Any) -> Any:
    """Follow a node's `$ref` within the document until it has none."""
    while isinstance(node, dict) and "$ref" in node:
        pointer: str = node["$ref"]
        target: Any = document
        for part in pointer.removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def translate(document: Schema, node: Any) -> Any:
    """Translate one schema, references put in place; the document's schemas are not recursive."""
    node = resolve(document, node)
    if isinstance(node, list):
        return [translate(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    schema: Schema = {}
    for keyword, value in node.items():
        if keyword == "properties":
            schema[keyword] = {name: translate(document, item) for name, item in value.items()}
        elif keyword in ("items", "additionalProperties", "anyOf", "oneOf", "allOf", "not"):
            schema[keyword] = translate(document, value)
        elif keyword not in ("nullable", "example", "description"):
            schema[keyword] = value
    if node.get("nullable"):
        schema["type"] = [node["type"], "null"]
        if "enum" in node and None not in node["enum"]:
            schema["enum"] = [*node["enum"], None]
    return schema
