"""What is wrong with a value, said to a person; the sentences are part of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypedDict

from jsonschema_rs import Draft4Validator, ValidationError

MOST_ERRORS = 20
LONGEST_NAME = 100  # characters of a name of the client's own that are repeated to it

Location = tuple[str | int, ...]


class Problem(TypedDict):
    """One thing that is wrong, and where."""

    loc: list[str | int]
    message: str


_ARTICLES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _of_type(types: str | list[str]) -> str:
    names = [types] if isinstance(types, str) else sorted(types, key="null".__eq__)
    return "Must be " + " or ".join(_ARTICLES[name] for name in names)


def _one_of(choices: list[Any]) -> str:
    return "Must be one of " + ", ".join("null" if item is None else str(item) for item in choices)


_MESSAGES: Mapping[str, Callable[[Any], str]] = {
    "type": _of_type,
    "enum": _one_of,
    "minLength": lambda least: "Must have at least " + _plural(least, "character", "characters"),
    "maxLength": lambda most: "Must have at most " + _plural(most, "character", "characters"),
    "minimum": lambda least: f"Must be at least {least}",
    "maximum": lambda most: f"Must be at most {most}",
    "minItems": lambda least: "Must have at least " + _plural(least, "item", "items"),
    "maxItems": lambda most: "Must have at most " + _plural(most, "item", "items"),
    "uniqueItems": lambda _: "Must not have the same item twice",
    "minProperties": lambda least: "Must have at least " + _plural(least, "field", "fields"),
    "pattern": lambda pattern: f"Must match {pattern}",
    "format": lambda name: f"Must be a {name}",
}


def problem(message: str, *location: str | int) -> Problem:
    """Make one problem; the names in its location are made fit to be sent back."""
    return {"loc": [_bearable(part) for part in location], "message": message}


def _bearable(part: str | int) -> str | int:
    if isinstance(part, int):
        return part
    return part[:LONGEST_NAME].encode("utf-8", "replace").decode("utf-8")


def describe(
    validator: Draft4Validator,
    schema: Mapping[str, Any],
    value: Any,
    root: str,
    missing: str,
    *,
    thorough: bool = True,
) -> list[Problem]:
    """List what is wrong with a value that the validator refuses, at most MOST_ERRORS things.

    `root` begins every location; `missing` is said of what is required and not there. Listing
    takes 30 microseconds for each error there is, shown or not: a value of hostile size is not
    looked at in a `thorough` way, and only the first error is found. UnicodeEncodeError: there is
    a lone surrogate in it.
    """
    problems: list[Problem] = []
    try:
        if not thorough:
            validator.validate(value)
        for error in islice(validator.iter_errors(value), MOST_ERRORS):
            problems += _read(error, schema, root, missing)
    except ValidationError as error:
        return _read(error, schema, root, missing)
    except UnicodeEncodeError:
        raise
    except ValueError:
        # The validator's own limit, long before ours would be.
        return [problem("Is nested too deeply", root)]
    return problems


def arrange(problems: Iterable[Problem]) -> list[Problem]:
    """Sort, parameters last, keep one problem of each place and at most MOST_ERRORS of all."""
    ordered = sorted(problems, key=lambda item: ([str(part) for part in item["loc"]]))
    unique = {tuple(item["loc"]): item for item in reversed(ordered)}
    return list(reversed(unique.values()))[:MOST_ERRORS]


def _read(
    error: ValidationError, schema: Mapping[str, Any], root: str, missing: str
) -> list[Problem]:
    keyword, value = error.kind.name, error.kind.value
    path: Location = (root, *error.instance_path)
    if keyword == "required":
        return [problem(missing, *path, str(value))]
    if keyword == "additionalProperties":
        return [problem("Unknown field", *path, str(name)) for name in value[:MOST_ERRORS]]
    rule: Any = schema
    for step in error.schema_path[:-1]:
        rule = rule[step]
    if keyword == "pattern" and "x-message" in rule:
        return [problem(rule["x-message"], *path)]
    if keyword not in _MESSAGES or keyword not in rule:
        return [problem("Is not valid", *path)]
    return [problem(_MESSAGES[keyword](rule[keyword]), *path)]
