"""GitHub's REST API as far as Hobotnica uses it: webhooks and commit statuses."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.github_model import Directory, FakeRepository, Token
from tests.support.github_openapi import OffTheSchema, check_request

HOOK_LIMIT = 20
_PATH = re.compile(r"/repos/([^/]+)/([^/]+)/(.+)\Z")
_HOOK_EVENTS = {"push", "pull_request", "repository", "create", "delete", "ping", "status", "*"}


@dataclass
class Answer:
    """Status, body and what headers are special about it."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One authenticated request; `path` begins with /repos."""

    directory: Directory
    token: Token
    method: str
    path: str
    query: dict[str, str]
    raw: bytes
    address: str
    ping: Callable[[FakeRepository, dict[str, Any]], None]

    @property
    def fields(self) -> dict[str, Any]:
        """The body, known to be an object by now."""
        found = json.loads(self.raw or b"{}")
        return found if isinstance(found, dict) else {}


def refusal(status: int, message: str, **fields: Any) -> Answer:
    """An error of GitHub's shape."""
    return Answer(
        status,
        {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
            **fields,
        },
    )


def answer(call: Call) -> Answer | None:
    """The answer, None for a path that the fake does not know."""
    found = _PATH.match(call.path)
    handler, number = _route(call.method, found[3]) if found else (None, "")
    if not found or handler is None:
        return None
    repository = call.directory.repository(f"{found[1]}/{found[2]}")
    if repository is None or call.directory.permission(call.token, repository) is None:
        return refusal(404, "Not Found")
    if repository.full_name.lower() != f"{found[1]}/{found[2]}".lower():
        place = f"{call.address}/api/v3/repositories/{repository.id}/{found[3]}"
        status = 301 if call.method == "GET" else 307
        return Answer(status, {"message": "Moved Permanently", "url": place}, {"Location": place})
    if repository.owner.lower() in call.token.sso_missing:
        return Answer(
            403,
            refusal(403, "Resource protected by organization SAML enforcement.").body,
            {"X-GitHub-SSO": "required; url=https://github.example/sso"},
        )
    try:
        check_request(call.method, call.path, call.query, call.raw)
    except OffTheSchema as error:
        return refusal(422, "Invalid request.\n\n" + str(error))
    return handler(call, repository, number)


def _route(method: str, rest: str) -> tuple[Callable[..., Answer] | None, str]:
    for (wanted, pattern), handler in _ROUTES.items():
        found = re.fullmatch(pattern, rest)
        if wanted == method and found:
            return handler, found[1] if found.groups() else ""
    return None, ""


def _create_status(call: Call, repository: FakeRepository, sha: str) -> Answer:
    if not call.directory.may(call.token, repository, "WRITE") or not call.token.has(
        "repo", "repo:status"
    ):
        if call.token.scopes is None:
            return refusal(403, "Resource not accessible by personal access token")
        return refusal(404, "Not Found")
    if repository.find(sha) is None:
        return refusal(422, f"No commit found for SHA: {sha}")
    fields = call.fields
    if len(fields.get("description") or "") > 140:
        return _invalid("Status", "description", "description is too long (maximum is 140)")
    if fields.get("target_url") and not re.match(r"https?://", fields["target_url"]):
        return _invalid("Status", "target_url", "target_url must use http(s) scheme")
    number = len(repository.statuses) + 1
    status = {
        "url": f"{call.address}/api/v3{call.path}",
        "avatar_url": None,
        "id": number,
        "node_id": f"SC_{number}",
        "state": fields["state"],
        "description": fields.get("description"),
        "target_url": fields.get("target_url"),
        "context": fields.get("context") or "default",
        "created_at": _now(),
        "updated_at": _now(),
        "creator": None,
    }
    repository.statuses.append({**status, "sha": sha})
    return Answer(201, status)


def _list_statuses(_call: Call, repository: FakeRepository, ref: str) -> Answer:
    commit = repository.find(ref)
    found = [item for item in repository.statuses if commit and item["sha"] == commit.sha]
    return Answer(200, [{k: v for k, v in item.items() if k != "sha"} for item in found[::-1]])


def _may_hook(call: Call, repository: FakeRepository) -> bool:
    scopes = ("repo", "admin:repo_hook", "write:repo_hook")
    return call.directory.may(call.token, repository, "ADMIN") and call.token.has(*scopes)


def _list_hooks(call: Call, repository: FakeRepository, _number: str) -> Answer:
    if not _may_hook(call, repository):
        return refusal(404, "Not Found")
    return Answer(200, [_shown(hook) for hook in repository.hooks.values()])


def _create_hook(call: Call, repository: FakeRepository, _number: str) -> Answer:
    if not _may_hook(call, repository):
        return refusal(404, "Not Found")
    fields = call.fields
    problem = _hook_problem(fields) or (
        "The hook limit is reached" if len(repository.hooks) >= HOOK_LIMIT else None
    )
    same = [h for h in repository.hooks.values() if _key(h) == _key(fields)]
    if same:
        problem = "Hook already exists on this repository"
    if problem:
        return _invalid("Hook", "config", problem)
    number = max(repository.hooks, default=0) + 1
    place = f"{call.address}/api/v3/repos/{repository.full_name}/hooks/{number}"
    repository.hooks[number] = hook = {
        "type": "Repository",
        "id": number,
        "name": "web",
        "active": fields.get("active", True),
        "events": fields.get("events") or ["push"],
        "config": _config(fields["config"]),
        "updated_at": _now(),
        "created_at": _now(),
        "url": place,
        "test_url": f"{place}/test",
        "ping_url": f"{place}/pings",
        "deliveries_url": f"{place}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }
    call.ping(repository, hook)
    return Answer(201, _shown(hook))


def _one_hook(call: Call, repository: FakeRepository, number: str) -> Answer:
    hook = repository.hooks.get(int(number))
    if hook is None or not _may_hook(call, repository):
        return refusal(404, "Not Found")
    if call.method == "DELETE":
        del repository.hooks[int(number)]
        return Answer(204)
    if call.method == "PATCH":
        fields = call.fields
        if "config" in fields:
            problem = _hook_problem(fields)
            if problem:
                return _invalid("Hook", "config", problem)
            hook["config"] = _config(fields["config"])
        hook.update({key: fields[key] for key in ("active", "events") if key in fields})
    return Answer(200, _shown(hook))


def _ping_hook(call: Call, repository: FakeRepository, number: str) -> Answer:
    hook = repository.hooks.get(int(number))
    if hook is None or not _may_hook(call, repository):
        return refusal(404, "Not Found")
    call.ping(repository, hook)
    return Answer(204)


_ROUTES: dict[tuple[str, str], Callable[[Call, FakeRepository, str], Answer]] = {
    ("POST", r"statuses/([^/]+)"): _create_status,
    ("GET", r"commits/([^/]+)/statuses"): _list_statuses,
    ("GET", r"hooks"): _list_hooks,
    ("POST", r"hooks"): _create_hook,
    ("GET", r"hooks/([0-9]+)"): _one_hook,
    ("PATCH", r"hooks/([0-9]+)"): _one_hook,
    ("DELETE", r"hooks/([0-9]+)"): _one_hook,
    ("POST", r"hooks/([0-9]+)/pings"): _ping_hook,
}


def _hook_problem(fields: dict[str, Any]) -> str | None:
    url = (fields.get("config") or {}).get("url", "")
    if not re.match(r"https?://[^/\s]+", url):
        return "url is missing a scheme"
    odd = set(fields.get("events") or []) - _HOOK_EVENTS
    return f"unsupported events: {sorted(odd)}" if odd else None


def _config(config: dict[str, Any]) -> dict[str, Any]:
    return {"content_type": "form", "insecure_ssl": "0", **config}


def _key(hook: dict[str, Any]) -> tuple[str, frozenset[str]]:
    return hook["config"].get("url", ""), frozenset(hook.get("events") or ["push"])


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    config = dict(hook["config"])
    if config.get("secret"):
        config["secret"] = "********"
    return {**hook, "config": config}


def _invalid(resource: str, name: str, message: str) -> Answer:
    error = {"resource": resource, "code": "custom", "field": name, "message": message}
    return refusal(422, "Validation Failed", errors=[error])


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
