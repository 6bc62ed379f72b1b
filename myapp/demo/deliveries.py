"""Signed deliveries to the webhooks of the pretended GitHub."""

from __future__ import annotations

import json
import uuid
from typing import Any

import urllib3

from myapp import __version__
from myapp.demo import repository
from myapp.demo.world import FULL_NAME, LOGIN, NAME, REPOSITORY_ID, REPOSITORY_NODE, USER_ID, World
from myapp.github.webhooks import sign

# GitHub itself gives a receiver ten seconds.
TIMEOUT = 10.0


def push_payload(world: World, ref: str, before: str, after: str) -> dict[str, Any]:
    """The push event's payload, with the fields that receivers use."""
    found = repository.describe(world.directory, after) if after.strip("0") else None
    head = found and {
        "id": after,
        "message": found[1],
        "author": {"name": found[2], "username": LOGIN},
        "url": f"{world.html_url}/commit/{after}",
    }
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "created": not before.strip("0"),
        "deleted": not after.strip("0"),
        "forced": False,
        "head_commit": head,
        "commits": [head] if head else [],
        "pusher": {"name": LOGIN},
        "sender": {"login": LOGIN, "id": USER_ID},
        "repository": {
            "id": REPOSITORY_ID,
            "node_id": REPOSITORY_NODE,
            "name": NAME,
            "full_name": FULL_NAME,
            "private": True,
            "default_branch": "main",
            "owner": {"login": LOGIN, "name": LOGIN, "id": USER_ID},
        },
    }


def deliver(world: World, event: str, payload: dict[str, Any]) -> list[int]:
    """Send the event to every webhook that wants it; the status of each, 0 if unreachable."""
    with world.lock:
        hooks = [
            hook for hook in world.hooks.values() if hook["active"] and event in hook["events"]
        ]
    return [_send(hook, event, payload) for hook in hooks]


def _send(hook: dict[str, Any], event: str, payload: dict[str, Any]) -> int:
    raw = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Hobotnica-Demo/{__version__}",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-GitHub-Hook-ID": str(hook["id"]),
        "X-Hub-Signature-256": sign(hook["config"].get("secret", ""), raw),
    }
    try:
        return urllib3.request(
            "POST",
            hook["config"]["url"],
            body=raw,
            headers=headers,
            timeout=TIMEOUT,
            retries=False,
        ).status
    except urllib3.exceptions.HTTPError:
        return 0
