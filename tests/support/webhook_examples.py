"""GitHub's own example deliveries (@octokit/webhooks-examples), with their events' names."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tests.support.npm import material

PATH = "@octokit/webhooks-examples/api.github.com/index.json"


@lru_cache(1)
def _events() -> dict[str, list[dict[str, Any]]]:
    found = json.loads(material(PATH).read_bytes())
    return {event["name"]: event["examples"] for event in found}


def examples() -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Every example as (event, its number within the event, payload)."""
    for event, payloads in _events().items():
        for number, payload in enumerate(payloads):
            yield event, number, copy.deepcopy(payload)


def example(event: str, **fields: object) -> dict[str, Any]:
    """A copy of the event's first example that has these top-level values."""
    for payload in _events()[event]:
        if all(payload.get(key) == value for key, value in fields.items()):
            return copy.deepcopy(payload)
    raise LookupError(f"no example of {event} with {fields}")
