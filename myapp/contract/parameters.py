"""Parameters of the path, the query and the headers: texts turned into values and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema_rs import Draft4Validator

from myapp.contract.messages import Problem, describe, problem
from myapp.contract.schema import Schema
from myapp.errors import MalformedRequest

_INTEGER = re.compile(r"-?[0-9]{1,20}\Z", re.ASCII)
_BOOLEANS = {"true": True, "false": False}

ROOT = "parameters"
MISSING = "Parameter required"


def to_integer(text: str) -> int | str:
    """Read an integer; what is none stays text, which its schema then refuses."""
    return int(text) if _INTEGER.match(text) else text


def to_boolean(text: str) -> bool | str:
    """Read `true` or `false`; anything else stays text."""
    return _BOOLEANS.get(text, text)


_CONVERTERS: dict[str, Callable[[str], Any]] = {"integer": to_integer, "boolean": to_boolean}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation; `schema` is a translated one without references."""

    name: str
    location: str
    required: bool
    schema: Schema

    @property
    def convert(self) -> Callable[[str], Any]:
        """What makes a value of its text."""
        return _CONVERTERS.get(self.schema.get("type", "string"), str)


class Parameters:
    """All parameters of one operation; their names are unique over the three places."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        places: dict[str, dict[str, Parameter]] = {"path": {}, "query": {}, "header": {}}
        for parameter in parameters:
            places[parameter.location][parameter.name] = parameter
        known = [item for place in places.values() for item in place.values()]
        self._schema: Schema = {
            "type": "object",
            "properties": {item.name: item.schema for item in known},
            "required": [item.name for item in known if item.required],
        }
        if not self._schema["required"]:
            del self._schema["required"]  # draft 4 wants at least one in it
        self._valid = Draft4Validator(self._schema)
        self._path = [(name, item.convert) for name, item in places["path"].items()]
        self._query = {name: item.convert for name, item in places["query"].items()}
        self._headers = [
            (name, name.lower(), item.convert) for name, item in places["header"].items()
        ]
        self._defaults = {
            item.name: item.schema["default"]
            for item in places["query"].values()
            if "default" in item.schema
        }

    def read(
        self,
        path: Mapping[str, str],
        query: Iterable[tuple[str, str]],
        headers: Mapping[str, str],
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[Problem]]:
        """Return the values of the path, the query and the headers, and what is wrong with them.

        `headers` has its names in lower case. Raises MalformedRequest for lone surrogates, which
        stand for bytes that are no UTF-8.
        """
        problems: list[Problem] = []
        in_path = {name: convert(path[name]) for name, convert in self._path}
        in_query: dict[str, Any] = {}
        for name, text in query:
            if name not in self._query:
                problems.append(problem("Unknown parameter", ROOT, name))
            elif name in in_query:
                problems.append(problem("Parameter given twice", ROOT, name))
            else:
                in_query[name] = self._query[name](text)
        in_headers = {
            name: convert(headers[lower])
            for name, lower, convert in self._headers
            if lower in headers
        }
        values = {**in_path, **in_query, **in_headers}
        try:
            if not self._valid.is_valid(values):
                problems += describe(self._valid, self._schema, values, ROOT, MISSING)
        except UnicodeEncodeError:
            raise MalformedRequest("The request is not UTF-8") from None
        return in_path, {**self._defaults, **in_query}, in_headers, problems
