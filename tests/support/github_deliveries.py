"""Webhook deliveries as GitHub makes them: real payloads, signed, ten seconds for the answer."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import ssl
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from tests.support.github_model import Directory, FakeRepository
from tests.support.webhook_examples import example

TIMEOUT = 10.0
NOTHING = "0" * 40


@dataclass(frozen=True)
class Delivery:
    """What was sent and what came back; status 0 with the error's words if nothing did."""

    event: str
    id: str
    hook_id: int
    url: str
    raw: bytes
    headers: dict[str, str]
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The receiver's answer."""
        return json.loads(self.body)


def payload(
    directory: Directory, repository: FakeRepository, event: str, **fields: Any
) -> dict[str, Any]:
    """The event's example of GitHub's, speaking of this repository, with these fields changed."""
    kind = {"push": {"ref": "refs/heads/master"}}.get(event, {})
    wanted = {"action": fields["action"]} if "action" in fields else kind
    found = example(event, **wanted)
    owner = directory.account(repository.owner)
    if isinstance(found.get("repository"), dict):
        facts = found["repository"]
        facts.update(
            id=repository.id,
            node_id=repository.node_id,
            name=repository.name,
            full_name=repository.full_name,
            private=repository.private,
            default_branch=repository.default_branch,
        )
        facts["owner"].update(login=repository.owner, id=owner.id if owner else 1)
        if "name" in facts["owner"]:
            facts["owner"]["name"] = repository.owner
    return _merged(found, fields)


def push_payload(
    directory: Directory, repository: FakeRepository, ref: str, before: str, after: str
) -> dict[str, Any]:
    """A push event, with the head commit's message and author; deletions have none."""
    commit = repository.commits.get(after)
    found = payload(
        directory,
        repository,
        "push",
        ref=ref,
        before=before,
        after=after,
        created=before == NOTHING,
        deleted=after == NOTHING,
    )
    head = found["head_commit"]
    if commit is None or head is None:
        found.update(head_commit=None, commits=[])
    else:
        head.update(id=after, message=commit.message)
        head["author"].update(name=commit.author, username=commit.author)
        found["commits"] = [copy.deepcopy(head)]
    return found


def send(
    hook: dict[str, Any],
    event: str,
    body: dict[str, Any],
    *,
    delivery: str | None = None,
    trust: ssl.SSLContext | None = None,
) -> Delivery:
    """Deliver to one webhook and wait for its answer."""
    config = hook["config"]
    raw = json.dumps(body).encode()
    content_type = "application/json"
    if config.get("content_type", "form") != "json":
        raw = urlencode({"payload": raw.decode()}).encode()
        content_type = "application/x-www-form-urlencoded"
    headers = {
        "Content-Type": content_type,
        "Accept": "*/*",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-GitHub-Hook-ID": str(hook["id"]),
        "X-GitHub-Hook-Installation-Target-ID": str(body.get("repository", {}).get("id", "")),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    secret = config.get("secret", "").encode()
    if secret:
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(secret, raw, hashlib.sha1).hexdigest()
        headers["X-Hub-Signature-256"] = (
            "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()
        )
    status, answer = _post(config["url"], raw, headers, trust)
    identity = headers["X-GitHub-Delivery"]
    return Delivery(event, identity, hook["id"], config["url"], raw, headers, status, answer)


def _post(
    url: str, raw: bytes, headers: dict[str, str], trust: ssl.SSLContext | None
) -> tuple[int, bytes]:
    with urllib3.PoolManager(ssl_context=trust) as pool:
        try:
            limit = urllib3.Timeout(total=TIMEOUT)
            found = pool.request(
                "POST", url, body=raw, headers=headers, timeout=limit, retries=False
            )
            return found.status, found.data
        except urllib3.exceptions.HTTPError as error:
            return 0, str(error).encode()


def _merged(found: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    for key, value in fields.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            _merged(found[key], value)
        else:
            found[key] = value
    return found
