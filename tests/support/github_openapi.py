"""GitHub's published OpenAPI description, cut to what Hobotnica uses.

The whole is 13 MB and takes openapi-core ten seconds; the cut is made once and kept in a cache.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from tests.support.npm import CACHE, material

SOURCE = "@octokit/openapi/generated/api.github.com.json"
HOST = "https://api.github.com"
PATHS = (
    "/repos/{owner}/{repo}/commits/{ref}/statuses",
    "/repos/{owner}/{repo}/hooks",
    "/repos/{owner}/{repo}/hooks/{hook_id}",
    "/repos/{owner}/{repo}/hooks/{hook_id}/pings",
    "/repos/{owner}/{repo}/statuses/{sha}",
)


class OffTheSchema(Exception):
    """A request or an answer that GitHub's description does not allow."""


def subset(whole: dict[str, Any], paths: tuple[str, ...] = PATHS) -> dict[str, Any]:
    """The paths with everything that they refer to, and nothing else."""
    kept: dict[str, Any] = {key: whole[key] for key in ("openapi", "info", "servers")}
    kept["paths"] = {path: whole["paths"][path] for path in paths}
    kept["components"] = {}
    todo, seen = [kept["paths"]], set()
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                _, _, kind, name = reference.split("/")
                part = whole["components"][kind][name]
                kept["components"].setdefault(kind, {})[name] = part
                todo.append(part)
            todo += node.values()
    return kept


@lru_cache(1)
def description() -> OpenAPI:
    """The cut description, ready to validate with."""
    return OpenAPI.from_dict(json.loads(_cut(material(SOURCE)).read_bytes()))


@lru_cache(1)
def _documented() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_cut(material(SOURCE)).read_bytes())["paths"]
    return found


def check_request(method: str, path: str, query: dict[str, str], body: bytes) -> None:
    """Raise OffTheSchema for a request that GitHub's description does not allow."""
    try:
        description().validate_request(_request(method, path, query, body))
    except Exception as error:  # openapi-core's errors have no common base
        raise OffTheSchema(_words(error)) from error


def check_answer(method: str, path: str, query: dict[str, str], status: int, body: bytes) -> None:
    """Raise OffTheSchema for an answer of ours that GitHub would not give."""
    if not _is_documented(method, path, status):
        return
    answer = MockResponse(body, status_code=status, content_type="application/json")
    try:
        description().validate_response(_request(method, path, query, b""), answer)
    except Exception as error:
        raise OffTheSchema(_words(error)) from error


def _is_documented(method: str, path: str, status: int) -> bool:
    parts = path.split("/")
    for template, operations in _documented().items():
        wanted = template.split("/")
        if len(wanted) == len(parts) and all(
            want == part or want.startswith("{") for want, part in zip(wanted, parts, strict=True)
        ):
            responses = operations.get(method.lower(), {}).get("responses", {})
            return status != 204 and str(status) in responses
    return False


def _request(method: str, path: str, query: dict[str, str], body: bytes) -> MockRequest:
    return MockRequest(
        HOST,
        method.lower(),
        path,
        args=query,
        data=body or None,
        content_type="application/json",
    )


def _words(error: BaseException) -> str:
    cause = error.__cause__ or error
    inner = getattr(cause, "schema_errors", None)
    return "; ".join(str(item.message) for item in inner) if inner else str(cause)[:500]


def _cut(source: Path) -> Path:
    facts = source.stat()
    key = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns} {PATHS}".encode()).hexdigest()
    path = CACHE / f"github-openapi-{key[:16]}.json"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Several test processes may cut at once: each writes its own, the last rename stays.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(subset(json.loads(source.read_bytes()))))
        draft.replace(path)
    return path
