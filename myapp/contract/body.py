"""JSON bodies: bytes turned into a value and checked."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
from jsonschema_rs import Draft4Validator

from myapp.contract.messages import Problem, describe, problem
from myapp.contract.schema import Schema
from myapp.errors import MalformedRequest

ROOT = "body"
MISSING = "Field required"
JSON = "application/json"
MOST_EXPLAINED = 4096  # bytes of a body in which every error is looked for


class Body:
    """The JSON body of one operation; `schema` is a translated one without references."""

    def __init__(self, schema: Schema, *, required: bool) -> None:
        self._schema = schema
        self._required = required
        self._valid = Draft4Validator(schema)
        self._defaults = {
            name: item["default"]
            for name, item in schema.get("properties", {}).items()
            if "default" in item
        }

    def read(self, raw: bytes, content_type: str | None) -> tuple[Any, list[Problem]]:
        """Return the value, defaults filled in, and what is wrong with it.

        Raises MalformedRequest for what is no JSON, or nested deeper than 1024 (orjson's limit).
        """
        if not raw:
            return None, [problem("Body required", ROOT)] if self._required else []
        if content_type is None or content_type.partition(";")[0].strip().lower() != JSON:
            return None, [problem(f"Must be sent as {JSON}", ROOT)]
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise MalformedRequest("The body is not JSON") from None
        if not self._valid.is_valid(value):
            thorough = len(raw) <= MOST_EXPLAINED
            return value, describe(
                self._valid, self._schema, value, ROOT, MISSING, thorough=thorough
            )
        for name, default in self._defaults.items():
            if name not in value:
                value[name] = deepcopy(default)
        return value, []
